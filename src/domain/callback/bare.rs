//! A callback without what we append: what a signature is bound to, and how it is found again in a URL that came back.

use super::parts::{Parts, decoded};
use super::{CallbackUrl, Placement, place::canonical};
use crate::domain::{Invalid, Params};

/// A redirect home, taken apart again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apart {
    /// The callback, as [`CallbackUrl::bare`] writes it.
    pub callback: String,
    /// Where the parameters were that were looked for.
    pub params_in: Placement,
    /// Those of them that were there, decoded, in their order.
    pub found: Vec<(String, String)>,
}

impl CallbackUrl {
    /// This callback with its placeholders filled and nothing appended, as it can be found again in the URL that a
    /// browser came to: a `?`, `&` or `#` that nothing follows is left out, a host alone has the path `/`, and where
    /// our parameters go into the query the fragment is left out, because no server sees it.
    ///
    /// # Errors
    /// As [`CallbackUrl::with`].
    pub fn bare(&self, params: &Params, placement: Placement) -> Result<String, Invalid> {
        Ok(bare(&self.filled(params)?, placement))
    }
}

/// See [`CallbackUrl::bare`].
pub fn bare(url: &str, placement: Placement) -> String {
    canonical(&Parts::of(url, placement).without(&[])).into_owned()
}

/// Takes `names` out of a URL that a browser came to, which may be a query alone: out of its query if `mark`
/// is one of its parameters, else out of its fragment.
pub fn take_apart(url: &str, mark: &str, names: &[&str]) -> Apart {
    let has_mark = |placement| Parts::of(url, placement).pairs().any(|pair| decoded(pair).0 == mark);
    let params_in = if has_mark(Placement::Query) { Placement::Query } else { Placement::Fragment };
    let parts = Parts::of(url, params_in);
    let found = parts.pairs().map(decoded).filter(|(name, _)| name == mark || names.contains(&name.as_str()));
    let callback = bare(&parts.without(&[&[mark], names].concat()), params_in);
    Apart { callback, params_in, found: found.collect() }
}

#[cfg(test)]
mod tests {
    use super::super::Rules;
    use super::*;
    use crate::domain::Placeholder;

    const NAMES: [&str; 2] = ["pay_id", "status"];

    fn params() -> Params {
        let params = Params::default().append("pay_id", "7").append("status", "a b&c=d?e#f");
        params.fill(Placeholder::RecipientNote, "order 7")
    }

    #[test]
    fn a_bare_callback_is_what_was_saved() {
        let query = Placement::Query;
        for (saved, placement, expected) in [
            ("https://m.example/paid?order=7", query, "https://m.example/paid?order=7"),
            ("https://m.example", query, "https://m.example/"),
            ("https://m.example/cb?", query, "https://m.example/cb"),
            ("https://m.example/cb?a=1&", query, "https://m.example/cb?a=1"),
            ("https://m.example/cb#top", query, "https://m.example/cb"),
            ("https://m.example/{recipient_note}", query, "https://m.example/order%207"),
            ("com.example.app://cb", query, "com.example.app://cb"),
            ("https://m.example/#/pay?", Placement::Fragment, "https://m.example/#/pay"),
            ("https://m.example/?x=1&#", Placement::Fragment, "https://m.example/?x=1&"),
        ] {
            let url = CallbackUrl::parse(saved, &Rules::default()).unwrap();
            assert_eq!(url.bare(&params(), placement).unwrap(), expected, "{saved}");
        }
    }

    #[test]
    fn a_bare_callback_is_found_again_in_every_redirect_home() {
        for saved in [
            "https://m.example",
            "https://m.example?",
            "https://m.example/cb?",
            "https://m.example/cb?a=1&a=2&&b",
            "https://m.example/cb?&a=1&",
            "https://m.example/cb?a=b?c=d",
            "https://m.example/cb?a=1#",
            "https://m.example/cb?a=1#top",
            "https://m.example/cb#/pay",
            "https://m.example/cb?q=%20+#/pay?",
            "https://m.example/cb#/pay?x=1&",
            "https://m.example/cb#a=1",
            "https://m.example/cb#a=1&",
            "https://m.example/cb#a=1?",
            "https://m.example/cb#a=1&u=/x?y=1",
            "https://m.example/{recipient_note}/x?n={recipient_note}",
            "com.example.app:/cb",
        ] {
            for placement in [Placement::Query, Placement::Fragment] {
                let url = CallbackUrl::parse(saved, &Rules::default()).unwrap();
                for ours in [params(), Params::default().fill(Placeholder::RecipientNote, "x")] {
                    let written = url.with(&ours.clone().append("mark", "m"), placement).unwrap();
                    let apart = take_apart(&written, "mark", &NAMES);
                    assert_eq!(apart.callback, url.bare(&ours, placement).unwrap(), "{written}");
                    assert_eq!(apart.params_in, placement, "{written}");
                    let found: Vec<_> =
                        apart.found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                    assert_eq!(found, [&ours.pairs().collect::<Vec<_>>()[..], &[("mark", "m")]].concat(), "{written}");
                }
            }
        }
    }

    #[test]
    fn a_url_that_came_back_is_found_however_its_host_is_spelled() {
        for came in ["HTTPS://M.Example:443/paid?order=7&mark=m", "https://m.example/paid?mark=m&order=7"] {
            assert_eq!(take_apart(came, "mark", &NAMES).callback, "https://m.example/paid?order=7", "{came}");
        }
        assert_eq!(take_apart("https://M.example?mark=m", "mark", &NAMES).callback, "https://m.example/");
    }

    #[test]
    fn a_query_alone_has_parameters_and_no_callback() {
        let apart = take_apart("?order=7&pay_id=7&mark=m", "mark", &NAMES);
        assert_eq!((apart.callback.as_str(), apart.found.len()), ("?order=7", 2));
        let again = take_apart("https://m.example/?pay_id=7&pay_id=8&mark=m", "mark", &NAMES);
        assert_eq!(again.found.len(), 3, "whoever reads it sees both");
    }
}
