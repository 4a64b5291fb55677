//! A page of the merchant's that a customer is shown before the checkout (contracts/ixopay.md, section 7).

use super::{Asked, Kept, LONGEST_URL};
use crate::domain::callback::check_length;
use crate::domain::{CallbackUrl, Invalid, Journey, OneOffUrls, Params, Placement, Redirect, Rules};

/// The parameter that names the way on from there, as in the callback's extra data.
pub(super) const CONTINUE: &str = "continueUrl";

/// Where the address of that page stands in a call.
const FIELD: &str = "extraData.intermediateUrl";

/// A page of the merchant's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intermediate(CallbackUrl);

impl Intermediate {
    fn parse(text: &str, rules: &Rules) -> Result<Self, Invalid> {
        let rules = Rules { longest: LONGEST_URL, ..rules.clone() };
        let url = CallbackUrl::parse(text, &rules).map_err(|invalid| invalid.at(FIELD))?;
        if url.is_app_link() {
            return Err(Invalid::new(FIELD, "is an app link, which cannot lead on").hint("expected an https URL"));
        }
        // It is shown before there is anything to fill in.
        if url.holds_placeholder() {
            return Err(Invalid::new(FIELD, "holds a placeholder, and nothing is filled in there").hint("leave it out"));
        }
        match url.holds_any(&[CONTINUE], Placement::Query) {
            Some(name) => Err(Invalid::new(FIELD, format!("already holds the parameter {name}, which is appended"))),
            None => Ok(Self(url)),
        }
    }

    /// The page, with the way on: an absolute URL.
    ///
    /// # Errors
    /// When the two together are too long.
    pub fn leading_to(&self, way_on: &str) -> Result<Redirect, Invalid> {
        let page = Redirect::home(&self.0, &Params::default().append(CONTINUE, way_on), Placement::Query)?;
        check_length(page.as_str(), LONGEST_URL).map(|()| page)
    }
}

impl Asked {
    /// Checks the page that it asks for, if it does: the URL keeps the rules for callbacks, and leaves room for the way
    /// on.
    ///
    /// # Errors
    /// With the rule that was broken.
    pub fn check_intermediate(&self, rules: &Rules, allowed: OneOffUrls, way_on: &str) -> Result<(), Invalid> {
        let Some(text) = &self.kept.intermediate_url else { return Ok(()) };
        if allowed == OneOffUrls::SavedOnly {
            return Err(Invalid::new(FIELD, "is a URL, and this merchant allows saved callbacks only"));
        }
        Intermediate::parse(text, rules)?.leading_to(way_on).map(drop).map_err(|invalid| invalid.at(FIELD))
    }
}

/// The page that a journey's customer is shown first. `None` when there is none, or it breaks a rule that is newer than
/// it.
pub fn intermediate(journey: &Journey, rules: &Rules) -> Option<Intermediate> {
    Intermediate::parse(&Kept::of(journey).intermediate_url?, rules).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::ixopay::Kind;

    const WAY_ON: &str = "https://pay.example/payment?link_id=abc";

    fn check(url: &str, allowed: OneOffUrls) -> Result<(), Invalid> {
        let body = format!(
            r#"{{"merchantTransactionId":"1","amount":"1","currency":"EUR","extraData":{{"intermediateUrl":"{url}"}}}}"#
        );
        Asked::read(Kind::Debit, body.as_bytes()).unwrap().check_intermediate(&Rules::default(), allowed, WAY_ON)
    }

    #[test]
    fn the_page_is_sent_the_way_on() {
        let page = Intermediate::parse("https://m.example/wait?shop=1", &Rules::default()).unwrap();
        let expected = "https://m.example/wait?shop=1&continueUrl=https%3A%2F%2Fpay.example%2Fpayment%3Flink_id%3Dabc";
        assert_eq!(page.leading_to(WAY_ON).unwrap().as_str(), expected);
    }

    #[test]
    fn a_page_keeps_the_rules_for_callbacks() {
        assert_eq!(check("https://m.example/wait", OneOffUrls::Allowed), Ok(()));
        let long = format!("https://m.example/{}", "x".repeat(4050));
        for bad in
            ["javascript:alert(1)", "com.example.app://x", "https://m.example/?CONTINUEURL=x", "https:m.example", &long]
        {
            assert_eq!(check(bad, OneOffUrls::Allowed).unwrap_err().field(), FIELD, "{bad}");
        }
        assert!(check("https://m.example/wait", OneOffUrls::SavedOnly).is_err());
        for held in ["https://m.example/{pay_id}", "https://m.example/?own=%7Bstatus%7D", "https://m.example/{uuid}"] {
            assert_eq!(check(held, OneOffUrls::Allowed).unwrap_err().field(), FIELD, "{held}");
        }
        assert_eq!(check("https://m.example/?own=%7Buuid%7D", OneOffUrls::Allowed), Ok(()), "braces of its own");
    }
}
