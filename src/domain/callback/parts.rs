//! Where our parameters stand in a callback, or would.

use url::form_urlencoded;

use super::{Placement, names::is_parameters};

/// What stands before the parameters of a place, the parameters, and what stands behind them.
pub struct Parts<'a> {
    before: &'a str,
    join: &'static str,
    params: &'a str,
    after: &'a str,
}

impl<'a> Parts<'a> {
    /// The parts of this URL, as far as this place is concerned.
    pub fn of(url: &'a str, placement: Placement) -> Self {
        let (page, after) = url.split_at(url.find('#').unwrap_or(url.len()));
        let fragment = after.strip_prefix('#').unwrap_or_default();
        match placement {
            Placement::Query => Self { after, ..Self::of_query(page, 0) },
            Placement::Fragment if fragment.is_empty() => Self { before: page, join: "#", params: "", after: "" },
            Placement::Fragment if is_parameters(fragment) && !fragment.contains('?') => {
                Self { before: page, join: "#", params: fragment, after: "" }
            }
            // A query before the fragment is not where ours go.
            Placement::Fragment => Self::of_query(url, page.len()),
        }
    }

    /// The first query from here on.
    fn of_query(whole: &'a str, from: usize) -> Self {
        let (before, params) =
            whole[from..].split_once('?').map_or((whole, ""), |(start, params)| (&whole[..from + start.len()], params));
        Self { before, join: "?", params, after: "" }
    }

    /// Each parameter, as it is written.
    pub fn pairs(&self) -> impl Iterator<Item = &'a str> {
        self.params.split('&')
    }

    /// The URL with `query` behind its own parameters, without a second `?`, a dangling `&` or a bare `?` left behind.
    pub fn with(&self, query: &str) -> String {
        let own = self.params.trim_end_matches('&');
        let between = if own.is_empty() { "" } else { "&" };
        [self.before, self.join, own, between, query, self.after].concat()
    }

    /// The URL without the parameters of these names, and without what stands behind them.
    pub fn without(&self, names: &[&str]) -> String {
        let kept: Vec<&str> = self.pairs().filter(|pair| !names.contains(&decoded(pair).0.as_str())).collect();
        match kept.join("&").trim_end_matches('&') {
            "" => self.before.to_owned(),
            kept => format!("{}{}{kept}", self.before, self.join),
        }
    }
}

/// A parameter as form decoders read it.
pub fn decoded(pair: &str) -> (String, String) {
    let (name, value) = form_urlencoded::parse(pair.as_bytes()).next().unwrap_or_default();
    (name.into_owned(), value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_joins_what_is_there_and_what_stands_behind_it_stays() {
        let (query, fragment) = (Placement::Query, Placement::Fragment);
        for (url, placement, joined, bare) in [
            ("https://m.example", query, "https://m.example?q=1", "https://m.example"),
            ("https://m.example/cb?", query, "https://m.example/cb?q=1", "https://m.example/cb"),
            ("https://m.example/cb?a=1&#", query, "https://m.example/cb?a=1&q=1#", "https://m.example/cb?a=1"),
            ("https://m.example/cb#top", query, "https://m.example/cb?q=1#top", "https://m.example/cb"),
            ("https://m.example/cb", fragment, "https://m.example/cb#q=1", "https://m.example/cb"),
            ("https://m.example/?x#a=1&", fragment, "https://m.example/?x#a=1&q=1", "https://m.example/?x#a=1"),
            ("https://m.example/?x#/pay?", fragment, "https://m.example/?x#/pay?q=1", "https://m.example/?x#/pay"),
        ] {
            let parts = Parts::of(url, placement);
            assert_eq!((parts.with("q=1").as_str(), parts.without(&["q"]).as_str()), (joined, bare), "{url}");
            assert_eq!(Parts::of(joined, placement).without(&["q"]), bare, "{url}");
        }
    }
}
