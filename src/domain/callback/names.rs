//! The parameters' names that a callback holds already, as the sloppiest reader would read them.
//!
//! Each of our names may stand in a callback once. Where one stands there twice, PHP takes the last and JavaScript the
//! first, so an attacker who chose the first would choose what half of the readers see.

use std::borrow::Cow;

use url::form_urlencoded;

use super::Placement;
use super::template::{Piece, pieces};
use crate::domain::Placeholder;

/// The first of `names` that `url` holds where `placement` would append it.
pub fn held(url: &str, names: &[&'static str], placement: Placement) -> Option<&'static str> {
    let held: Vec<String> = parameters(url, placement).flat_map(readings).collect();
    names.iter().copied().find(|name| held.contains(&folded(name)))
}

/// Whether a note, which may be anything, stands inside a parameter's name, and could take the place of one of ours.
pub fn is_named_by_note(url: &str) -> bool {
    [Placement::Query, Placement::Fragment].into_iter().flat_map(|place| parameters(url, place)).any(|parameter| {
        let name = parameter.split('=').next().unwrap_or_default();
        pieces(name).is_ok_and(|pieces| pieces.contains(&Piece::Hole(Placeholder::RecipientNote)))
    })
}

/// Whether a fragment without a query holds parameters itself, as `#a=1&b=2` does, and is no route such as `#/pay`.
pub fn is_parameters(fragment: &str) -> bool {
    !fragment.starts_with(['/', '!']) && fragment.contains('=')
}

/// Where our parameters would go, what is there already: `name=value` or a bare name. Old readers split at `;` too.
fn parameters(url: &str, placement: Placement) -> impl Iterator<Item = &str> {
    let (before, fragment) = url.split_once('#').unwrap_or((url, ""));
    let (part, ends): (_, &[char]) = match (placement, fragment.split('?').next()) {
        (Placement::Query, _) => (query_of(before), &['&', ';']),
        (Placement::Fragment, Some(start)) if is_parameters(start) => (fragment, &['&', ';', '?']),
        (Placement::Fragment, _) => (query_of(fragment), &['&', ';']),
    };
    part.split(ends)
}

fn query_of(text: &str) -> &str {
    text.split_once('?').map_or("", |(_, query)| query)
}

/// What readers make of one parameter's name: a list's or an object's name before its brackets (PHP, Rails, Express)
/// or inside them (Express), or a bracket that nobody closes as an underscore (PHP).
fn readings(parameter: &str) -> [String; 3] {
    let unescaped = without_wide_escapes(parameter);
    let (name, _) = form_urlencoded::parse(unescaped.as_bytes()).next().unwrap_or_default();
    // A name ends at a null byte where it is a C string.
    let name = name.split('\0').next().unwrap_or_default().trim();
    let before = name.split('[').next().unwrap_or_default();
    let inside = name.strip_prefix('[').and_then(|rest| rest.split(']').next()).unwrap_or_default();
    [before, inside, name].map(|reading| folded(reading.trim()))
}

/// Any case of any alphabet, with PHP's dot, space and bracket for an underscore.
fn folded(name: &str) -> String {
    name.to_uppercase().to_lowercase().replace(['.', ' ', '['], "_")
}

/// Decodes `%u0073`, as some of Microsoft's readers do; the rest is left as it is.
fn without_wide_escapes(text: &str) -> Cow<'_, str> {
    let mut parts = text.split("%u");
    let first = parts.next().unwrap_or_default();
    let decoded = parts.map(|part| {
        let code = part.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
        code.map_or_else(|| format!("%u{part}"), |c| format!("{c}{}", &part[4..]))
    });
    if text.contains("%u") { [first.to_owned()].into_iter().chain(decoded).collect() } else { text.into() }
}
