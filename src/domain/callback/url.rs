//! One callback URL: what is allowed, and how our parameters join it.
//!
//! The rule behind the rules: a text is accepted when the URL parser that browsers share would send a browser exactly
//! to what was written. Whatever that parser would rewrite (a missing slash, a decimal address, a backslash, a tab in
//! the host) is refused and shown, because two readers of it may come to two hosts. Then the text is kept verbatim.

use std::{borrow::Cow, fmt};

use url::{Host, Url};

use super::names::{held, is_named_by_note};
use super::place::{canonical, place, rooted};
use super::spelling::{begins_with_port, check_slips, respelled};
use super::template::{Piece, expand, pieces};
use super::{Placement, parts::Parts, rules::Rules};
use crate::domain::{Invalid, Params, is_loopback, params::percent_encoded};

/// Schemes that run or show something instead of going somewhere.
pub const NEVER: [&str; 8] = ["javascript", "data", "file", "blob", "about", "vbscript", "intent", "view-source"];

/// A merchant's callback: an absolute `https` URL, an `http` one on loopback or in a network of the operator's list, or
/// an app link.
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
        check_length(text, rules.longest)
            .and_then(|()| check(text, rules).map_err(|invalid| offering(text, rules, invalid)))?;
        Ok(Self { text: text.to_owned() })
    }

    /// Accepts a URL that our servers call, as a merchant wrote it.
    ///
    /// # Errors
    /// As [`CallbackUrl::parse`], and as [`CallbackUrl::check_called`].
    pub fn parse_called(text: &str, rules: &Rules) -> Result<Self, Invalid> {
        let url = Self::parse(text, rules)?;
        url.check_called(rules)?;
        Ok(url)
    }

    /// Refuses what no server can call (an app link), or what the operator's guard never lets through: an address that
    /// is set apart, a port, a reserved name. A browser may go there all the same.
    ///
    /// # Errors
    /// With the rule that was broken, and what would be accepted.
    pub fn check_called(&self, rules: &Rules) -> Result<(), Invalid> {
        if self.is_app_link() {
            return Err(
                refused("is an app link, which no server can call").hint("expected an https URL of your server")
            );
        }
        let Some(guard) = &rules.guard else { return Ok(()) };
        // Placeholders stand behind the host only.
        let written = expand(self.as_str(), |_| "0".to_owned())?;
        let url = Url::parse(&written).map_err(|error| refused(format!("is not a URL ({error})")))?;
        guard.check_call(&url)
    }

    /// Restores a callback that was parsed when it was stored.
    pub(crate) fn restored(text: String) -> Self {
        Self { text }
    }

    /// The merchant's own bytes.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// It without what stands behind its path: whatever that is, the same server answers there.
    pub fn without_query(&self) -> &str {
        self.text.split(['?', '#']).next().unwrap_or_default()
    }

    /// Whether it opens an app by a scheme of its own.
    pub fn is_app_link(&self) -> bool {
        !self.text.starts_with("https:") && !self.text.starts_with("http:")
    }

    /// Whether this saved callback covers `asked`: it is the very same but for the query and what follows, or it ends
    /// in a slash and `asked` is below it. A host alone is the same as with a slash, but only the slash that was
    /// written covers what is below; and a loopback address is the same at every port.
    pub fn covers(&self, asked: &Self) -> bool {
        let (own, asked) = (place(&self.text), place(&asked.text));
        let is_above = self.without_query().ends_with('/');
        own == asked || (is_above && asked.strip_prefix(&own).is_some_and(stays_below))
    }

    /// Whether a browser goes to the very same address, query and fragment included.
    pub fn is_same(&self, other: &Self) -> bool {
        canonical(&self.text) == canonical(&other.text)
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
    /// When a filled value would change the path (a dot segment).
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

    /// This callback as it is looked at from outside: nothing is appended, and in each placeholder stands a word that is
    /// no id and no outcome of anybody's, so that no receiver takes the call for a customer who comes home.
    ///
    /// # Errors
    /// When it holds something that cannot be filled, which no callback that was accepted does.
    pub fn looked_at(&self) -> Result<String, Invalid> {
        expand(&self.text, |_| "check-up".to_owned()).map(Cow::into_owned)
    }

    fn written(&self, params: &Params, query: &str, placement: Placement) -> Result<String, Invalid> {
        let filled = expand(&self.text, |placeholder| percent_encoded(params.filling(placeholder)))?;
        let written = joined(&filled, query, placement);
        // What nothing was filled into is as it was checked when it was saved.
        if filled == self.text {
            return Ok(written);
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
        let shown = self.without_query();
        write!(f, "CallbackUrl({shown}…)")
    }
}

/// Whether every server that may stand there takes this path for one below the saved one: servers differ in what they
/// make of empty segments, encoded slashes and parameters of a segment.
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

/// Whether a URL is longer than its dialect allows, as it is saved or as it is written for a customer.
///
/// # Errors
/// When it is.
pub fn check_length(url: &str, longest: usize) -> Result<(), Invalid> {
    if url.len() <= longest {
        return Ok(());
    }
    Err(refused(format!("is {} bytes long, more than {longest}", url.len())).hint("our own parameters count, too"))
}

fn check(text: &str, rules: &Rules) -> Result<(), Invalid> {
    if text.is_empty() {
        return Err(refused("is empty").hint("expected an absolute URL such as https://shop.example/paid"));
    }
    check_slips(text)?;
    let scheme = check_scheme(text, rules)?;
    check_placeholders(text, &scheme)?;
    let url = probed(text, "0")?;
    check_authority(&url, rules)?;
    // A placeholder may be empty: `/{x}/y` is `//y` then, and `/.{x}` is a dot segment.
    if !probed(text, "").is_ok_and(|emptied| emptied.has_authority() == url.has_authority()) {
        return Err(refused("would be another URL if a placeholder were empty").hint("write a word beside it"));
    }
    Ok(())
}

/// This refusal with the spelling that would be accepted, where there is one.
fn offering(text: &str, rules: &Rules, invalid: Invalid) -> Invalid {
    let accepted = |spelling: &str| spelling.len() <= rules.longest && check(spelling, rules).is_ok();
    let Some(spelling) = respelled(text, accepted) else { return invalid };
    // What was expected is better said by what to write.
    let guidance = invalid.hint_text().filter(|hint| !hint.starts_with("expected"));
    let hint = guidance.map_or_else(|| format!("write {spelling}"), |guidance| format!("{guidance}: write {spelling}"));
    invalid.hint(hint)
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
        let capitals = scheme.bytes().any(|b| b.is_ascii_uppercase()) && !scheme.contains(['/', '?', '#']);
        return Err(if capitals { refused(format!("has capital letters in its scheme {scheme}")) } else { absolute() });
    }
    if begins_with_port(rest) {
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

/// Letters, digits, `-` and `_` in labels of 1 to 63 (RFC 1035, section 2.3.4), perhaps with the root's dot. URL
/// parsers let more pass (`a,b` `a;b` `a'b`), and then disagree about it.
fn is_dns_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let dns = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    name.len() <= 253 && name.split('.').all(|label| (1..=63).contains(&label.len()) && label.bytes().all(dns))
}

/// Refuses what the parser would rewrite; an empty path may become `/`, which changes nothing.
fn check_spelling(written: &str, url: &Url) -> Result<(), Invalid> {
    if url.as_str() == rooted(written) {
        return Ok(());
    }
    Err(refused("would be rewritten by browsers").hint("expected the spelling that browsers use"))
}

fn joined(url: &str, query: &str, placement: Placement) -> String {
    if query.is_empty() { url.to_owned() } else { Parts::of(url, placement).with(query) }
}

#[cfg(test)]
mod tests;
