//! One callback URL: what is allowed, and how our parameters join it.
//!
//! The rule behind the rules: a text is accepted when the URL parser that browsers share would send a browser exactly
//! to what was written. Whatever that parser would rewrite (a missing slash, a decimal address, a backslash, a tab in
//! the host) is refused and shown, because two readers of it may come to two hosts. Then the text is kept verbatim.

use std::fmt;

use url::{Host, Url};

use super::super::invalid::Invalid;
use super::super::params::{Params, percent_encoded};
use super::Placement;
use super::names::{held, is_named_by_note, is_parameters};
use super::rules::Rules;
use super::template::{Piece, expand, pieces};

/// The longest callback, before and after our parameters have joined it, in bytes.
pub const MAX_LENGTH: usize = 2048;

/// Schemes that run or show something instead of going somewhere.
pub const NEVER: [&str; 8] = ["javascript", "data", "file", "blob", "about", "vbscript", "intent", "view-source"];

/// A merchant's callback: an absolute `https` URL, an `http` one on loopback or in a network of the operator's list, or an
/// app link.
#[derive(Clone, PartialEq, Eq)]
pub struct CallbackUrl {
    text: String,
}

impl CallbackUrl {
    /// Accepts a callback as a merchant wrote it.
    ///
    /// App schemes are a reversed domain name (RFC 8252, section 7.1) or on the operator's list.
    ///
    /// # Errors
    /// With the rule that was broken and, where it can be said, the spelling that would be accepted.
    pub fn parse(text: &str, rules: &Rules) -> Result<Self, Invalid> {
        check_characters(text)?;
        let scheme = check_scheme(text, rules)?;
        check_placeholders(text, &scheme)?;
        let url = probed(text, "0")?;
        check_authority(&url, rules)?;
        // A placeholder may have nothing to say: `/{x}/y` is `//y` then, and `/.{x}` is a dot segment.
        if !probed(text, "").is_ok_and(|emptied| emptied.has_authority() == url.has_authority()) {
            return Err(refused("would be another URL if a placeholder were empty").hint("write a word beside it"));
        }
        Ok(Self { text: text.to_owned() })
    }

    /// Restores a callback that was parsed when it was stored.
    pub(crate) fn restored(text: String) -> Self {
        Self { text }
    }

    /// The merchant's own bytes.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it opens an app by a scheme of its own.
    pub fn is_app_link(&self) -> bool {
        !self.text.starts_with("https:") && !self.text.starts_with("http:")
    }

    /// Whether this saved callback covers `asked`: it is the very same but for the query and what follows, or it ends in
    /// a slash and `asked` is below it. Both are spelt as a browser's parser spells them, so that bytes may be compared.
    pub fn covers(&self, asked: &Self) -> bool {
        let place = |url: &Self| url.text.split(['?', '#']).next().unwrap_or_default().to_owned();
        let (own, asked) = (place(self), place(asked));
        with_root_path(&own) == with_root_path(&asked)
            || (own.ends_with('/') && asked.strip_prefix(&own).is_some_and(stays_below))
    }

    /// The first of `names` that this callback holds already where `placement` would append it.
    ///
    /// Names are compared as the sloppiest reader would: any case, percent-decoded, with PHP's `.` and space for `_`,
    /// its brackets, and more.
    pub fn holds_any(&self, names: &[&'static str], placement: Placement) -> Option<&'static str> {
        held(&self.text, names, placement)
    }

    /// Whether something is filled in here.
    pub fn holds_placeholder(&self) -> bool {
        pieces(&self.text).is_ok_and(|pieces| pieces.iter().any(|piece| matches!(piece, Piece::Hole(_))))
    }

    /// This callback with its placeholders filled and our parameters appended: where a browser is sent.
    ///
    /// # Errors
    /// When a filled value would change the path (a dot segment) or the result is longer than [`MAX_LENGTH`].
    pub fn with(&self, params: &Params, placement: Placement) -> Result<String, Invalid> {
        self.written(params, &params.query(), placement)
    }

    /// How many bytes [`CallbackUrl::with`] would write.
    pub fn length_with(&self, params: &Params, placement: Placement) -> usize {
        let filled = expand(&self.text, |placeholder| percent_encoded(params.filling(placeholder)));
        filled.map_or(0, |filled| joined(&filled, &params.query(), placement).len())
    }

    /// This callback with its placeholders filled and nothing appended: where a body is sent.
    ///
    /// # Errors
    /// As [`CallbackUrl::with`].
    pub fn filled(&self, params: &Params) -> Result<String, Invalid> {
        self.written(params, "", Placement::Query)
    }

    fn written(&self, params: &Params, query: &str, placement: Placement) -> Result<String, Invalid> {
        let filled = expand(&self.text, |placeholder| percent_encoded(params.filling(placeholder)))?;
        let written = joined(&filled, query, placement);
        if written.len() > MAX_LENGTH {
            let rule = format!("would be {} bytes long with our parameters, more than {MAX_LENGTH}", written.len());
            return Err(refused(rule));
        }
        let url = Url::parse(&written).map_err(|error| refused(format!("is not a URL once filled in ({error})")))?;
        check_spelling(&written, &url).map_err(|_| {
            refused("a placeholder's value would change the path")
                .hint("values such as . and .. cannot stand alone between slashes")
        })?;
        Ok(written)
    }
}

impl fmt::Debug for CallbackUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A merchant's query may hold secrets: only what stands before it is shown.
        let shown = self.text.split(['?', '#']).next().unwrap_or_default();
        write!(f, "CallbackUrl({shown}…)")
    }
}

/// Whether every server that may stand there takes this path for one below the saved one: servers differ in what they make
/// of empty segments, encoded slashes and parameters of a segment.
fn stays_below(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let decoded_dots = |segment: &str| {
        let name = segment.split(';').next().unwrap_or_default().replace("%2e", ".");
        name == "." || name == ".."
    };
    !["//", "%2f", "%5c", "%00"].iter().any(|odd| lower.contains(odd))
        && !lower.starts_with('/')
        && !lower.split('/').any(decoded_dots)
}

fn refused(rule: impl Into<String>) -> Invalid {
    Invalid::new("url", rule)
}

fn check_characters(text: &str) -> Result<(), Invalid> {
    if text.is_empty() {
        return Err(refused("is empty").hint("expected an absolute URL such as https://shop.example/paid"));
    }
    if text.len() > MAX_LENGTH {
        return Err(refused(format!("is {} bytes long, more than {MAX_LENGTH}", text.len())));
    }
    match text.char_indices().find(|(_, c)| !c.is_ascii_graphic() || *c == '\\') {
        None => Ok(()),
        Some((at, c)) => Err(refused(format!("holds {c:?} at byte {at}, which no URL may hold as it is"))
            .hint("percent-encode it; write an international host name in its xn-- form")),
    }
}

/// The scheme, if it is one that a callback may have.
fn check_scheme(text: &str, rules: &Rules) -> Result<String, Invalid> {
    let absolute = || refused("is not absolute").hint("expected https://… or an app link such as com.example.app://…");
    let (scheme, rest) = text.split_once(':').ok_or_else(absolute)?;
    let well_formed = scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+.-".contains(&b));
    if NEVER.contains(&scheme.to_ascii_lowercase().as_str()) {
        return Err(refused(format!("has the scheme {scheme}, which is never allowed")));
    }
    if !well_formed {
        return Err(absolute());
    }
    match scheme {
        "https" | "http" if !rest.starts_with("//") => Err(refused(format!("needs two slashes after {scheme}:"))),
        "https" | "http" => Ok(scheme.to_owned()),
        _ if !rest.starts_with('/') => Err(refused(format!("needs a slash after {scheme}:"))),
        _ if is_reversed_domain(scheme) || rules.app_schemes.iter().any(|s| s == scheme) => Ok(scheme.to_owned()),
        _ => Err(refused(format!("has the scheme {scheme}, which is neither https nor a reversed domain name"))
            .hint("expected an app scheme such as com.example.app, or one that the operator has listed")),
    }
}

fn is_reversed_domain(scheme: &str) -> bool {
    scheme.contains('.') && scheme.split('.').all(|label| !label.is_empty())
}

fn check_placeholders(text: &str, scheme: &str) -> Result<(), Invalid> {
    let after_scheme = scheme.len() + 1;
    let slashes = if text[after_scheme..].starts_with("//") { 2 } else { 0 };
    let authority = after_scheme + slashes;
    let end = text[authority..].find(['/', '?', '#']).map_or(text.len(), |i| authority + i);
    if is_named_by_note(text) {
        return Err(refused("holds {recipient_note} in a parameter's name, where it could take another's place"));
    }
    let early = pieces(&text[..end]).is_ok_and(|p| p.iter().all(|piece| matches!(piece, Piece::Text(_))));
    if early {
        return Ok(());
    }
    Err(refused("holds a placeholder or a brace in the host").hint("placeholders may stand after the host only"))
}

/// What the parser makes of `text` with this value in each placeholder; refused where it would rewrite it.
fn probed(text: &str, value: &str) -> Result<Url, Invalid> {
    let written = expand(text, |_| value.to_owned())?;
    let url = Url::parse(&written).map_err(|error| refused(format!("is not a URL ({error})")))?;
    check_spelling(&written, &url)?;
    Ok(url)
}

fn check_authority(url: &Url, rules: &Rules) -> Result<(), Invalid> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused("holds a user name or password before the host"));
    }
    match (url.scheme(), url.host()) {
        ("https" | "http", None) => Err(refused("has no host")),
        ("https" | "http", Some(Host::Domain(name))) if !is_dns_name(name) => {
            Err(refused(format!("has the host {name}, which no DNS can hold")))
        }
        ("http", Some(host)) if !is_loopback(&host) && !rules.plain_networks.iter().any(|own| own.holds(&host)) => {
            Err(refused("is plain http").hint("expected https off loopback"))
        }
        _ => Ok(()),
    }
}

/// Letters, digits, `-` and `_` in labels of 1 to 63 (RFC 1035, section 2.3.4), perhaps with the root's dot. URL parsers
/// let more pass (`a,b` `a;b` `a'b`), and then disagree about it.
fn is_dns_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let dns = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    name.len() <= 253 && name.split('.').all(|label| (1..=63).contains(&label.len()) && label.bytes().all(dns))
}

/// Whether `host` is this machine itself.
pub fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// Refuses what the parser would rewrite; an empty path may become `/`, which changes nothing.
fn check_spelling(written: &str, url: &Url) -> Result<(), Invalid> {
    if url.as_str() == written || url.as_str() == with_root_path(written) {
        return Ok(());
    }
    Err(refused("would be rewritten by browsers").hint(format!("expected the spelling they use: {url}")))
}

/// A host alone, with the path that it has.
pub(super) fn with_root_path(written: &str) -> String {
    let authority = written.find("://").map_or(0, |i| i + 3);
    let end = written[authority..].find(['/', '?', '#']).map_or(written.len(), |i| authority + i);
    format!("{}/{}", &written[..end], &written[end..])
}

fn joined(url: &str, query: &str, placement: Placement) -> String {
    if query.is_empty() {
        return url.to_owned();
    }
    match (url.split_once('#'), placement) {
        (None, Placement::Query) => with_query(url, query),
        (Some((before, fragment)), Placement::Query) => format!("{}#{fragment}", with_query(before, query)),
        (None, Placement::Fragment) => format!("{url}#{query}"),
        (Some((before, "")), Placement::Fragment) => format!("{before}#{query}"),
        (Some((before, fragment)), Placement::Fragment) if is_parameters(fragment) && !fragment.contains('?') => {
            format!("{before}#{}&{query}", fragment.trim_end_matches('&'))
        }
        (Some((before, fragment)), Placement::Fragment) => format!("{before}#{}", with_query(fragment, query)),
    }
}

/// Appends `query`, without a second `?`, a dangling `&` or a bare `?` left behind.
fn with_query(url: &str, query: &str) -> String {
    match url.split_once('?') {
        None => format!("{url}?{query}"),
        Some((before, own)) => match own.trim_end_matches('&') {
            "" => format!("{before}?{query}"),
            own => format!("{before}?{own}&{query}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::params::Placeholder;
    use super::super::network::Network;
    use super::*;

    fn params() -> Params {
        Params::default().append("pay_id", "7").append("status", "success").fill(Placeholder::RecipientNote, "a b/é?#")
    }

    fn home(url: &str, placement: Placement) -> String {
        CallbackUrl::parse(url, &Rules::default()).unwrap().with(&params(), placement).unwrap()
    }

    #[test]
    fn our_parameters_join_a_query() {
        for (own, expected) in [
            ("https://m.example/cb", "https://m.example/cb?pay_id=7&status=success"),
            ("https://m.example", "https://m.example?pay_id=7&status=success"),
            ("https://m.example?", "https://m.example?pay_id=7&status=success"),
            ("https://m.example/cb?", "https://m.example/cb?pay_id=7&status=success"),
            ("https://m.example/cb?order=7&", "https://m.example/cb?order=7&pay_id=7&status=success"),
            ("https://m.example/cb?a=1&a=2", "https://m.example/cb?a=1&a=2&pay_id=7&status=success"),
            ("https://m.example/cb#top", "https://m.example/cb?pay_id=7&status=success#top"),
            ("https://m.example/?x=%2F#/pay?x=1", "https://m.example/?x=%2F&pay_id=7&status=success#/pay?x=1"),
            ("http://localhost:3000/cb", "http://localhost:3000/cb?pay_id=7&status=success"),
            ("com.example.app://cb", "com.example.app://cb?pay_id=7&status=success"),
            ("com.example.app:/cb?x=1", "com.example.app:/cb?x=1&pay_id=7&status=success"),
            ("https://m.example/%7Btheirs%7D", "https://m.example/%7Btheirs%7D?pay_id=7&status=success"),
        ] {
            assert_eq!(home(own, Placement::Query), expected);
        }
    }

    #[test]
    fn our_parameters_join_a_fragment_where_asked() {
        for (own, expected) in [
            ("https://m.example/cb", "https://m.example/cb#pay_id=7&status=success"),
            ("https://m.example/cb#", "https://m.example/cb#pay_id=7&status=success"),
            ("https://m.example/#/pay", "https://m.example/#/pay?pay_id=7&status=success"),
            ("https://m.example/#a=1&", "https://m.example/#a=1&pay_id=7&status=success"),
            ("https://m.example/#/pay?x=1&", "https://m.example/#/pay?x=1&pay_id=7&status=success"),
        ] {
            assert_eq!(home(own, Placement::Fragment), expected);
        }
    }

    #[test]
    fn placeholders_are_filled_and_encoded() {
        assert_eq!(
            home("https://m.example/{recipient_note}/x", Placement::Query),
            "https://m.example/a%20b%2F%C3%A9%3F%23/x?pay_id=7&status=success"
        );
    }

    #[test]
    fn a_value_cannot_become_a_dot_segment() {
        let url = CallbackUrl::parse("https://m.example/a/{recipient_note}/b", &Rules::default()).unwrap();
        for note in [".", ".."] {
            let dotted = Params::default().fill(Placeholder::RecipientNote, note);
            assert!(url.with(&dotted, Placement::Query).is_err());
        }
        let twice =
            CallbackUrl::parse("https://m.example/a/{recipient_note}{recipient_note}", &Rules::default()).unwrap();
        assert!(twice.with(&Params::default().fill(Placeholder::RecipientNote, "."), Placement::Query).is_err());
    }

    #[test]
    fn names_are_found_however_they_are_spelled() {
        let names = &["pay_id", "status"];
        for (url, placement, found) in [
            ("https://m.example/?STATUS=x", Placement::Query, Some("status")),
            ("https://m.example/?st%61tus=x", Placement::Query, Some("status")),
            ("https://m.example/?pay.id=x", Placement::Query, Some("pay_id")),
            ("https://m.example/?pay+id=x", Placement::Query, Some("pay_id")),
            ("https://m.example/?status[]=x", Placement::Query, Some("status")),
            ("https://m.example/?status", Placement::Query, Some("status")),
            ("https://m.example/?order_status=x", Placement::Query, None),
            ("https://m.example/status=1", Placement::Query, None),
            ("https://m.example/#/pay?status=1", Placement::Query, None),
            ("https://m.example/#/pay?status=1", Placement::Fragment, Some("status")),
        ] {
            let parsed = CallbackUrl::parse(url, &Rules::default()).unwrap();
            assert_eq!(parsed.holds_any(names, placement), found, "{url}");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_and_for_listed_addresses() {
        let listed = Network { address: [10, 1, 0, 0].into(), prefix: 16 };
        let rules = Rules { plain_networks: vec![listed], ..Rules::default() };
        let accepted = |text: &str| CallbackUrl::parse(text, &rules).is_ok();
        assert!(accepted("http://10.1.2.3:8080/x") && accepted("http://127.0.0.1/x") && accepted("https://m.example/"));
        for refused in ["http://10.2.0.1/", "http://m.example/", "http://10.1.2.3.example/"] {
            assert!(!accepted(refused), "{refused}");
        }
        assert!(CallbackUrl::parse("http://10.1.2.3:8080/x", &Rules::default()).is_err());
    }

    #[test]
    fn the_final_url_has_a_limit() {
        let url = CallbackUrl::parse(&format!("https://m.example/{}", "a".repeat(2029)), &Rules::default()).unwrap();
        assert!(url.with(&Params::default(), Placement::Query).is_ok());
        assert!(url.with(&params(), Placement::Query).unwrap_err().rule().contains("2048"));
    }
}
