//! Placeholders inside a callback: `{pay_id}`, or `%7Bpay_id%7D` after somebody's URL library has had it.
//!
//! They may stand after the authority only, so that no value can choose a host.

use std::borrow::Cow;

use crate::domain::{Invalid, Placeholder};

/// A stretch of a callback's text.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// The merchant's own bytes.
    Text(&'a str),
    /// One of our placeholders.
    Hole(Placeholder),
}

/// Splits `text` into the merchant's bytes and our placeholders.
///
/// # Errors
/// On an unknown `{name}` and on a brace without its partner. Encoded braces around an unknown name are the merchant's.
pub fn pieces(text: &str) -> Result<Vec<Piece<'_>>, Invalid> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(hole) = next_hole(rest)? {
        found.push(Piece::Text(&rest[..hole.start]));
        found.push(Piece::Hole(hole.placeholder));
        rest = &rest[hole.end..];
    }
    found.push(Piece::Text(rest));
    Ok(found)
}

/// Writes `text` with every placeholder replaced by its `value`.
///
/// # Errors
/// As [`pieces`].
pub fn expand(text: &str, value: impl Fn(Placeholder) -> String) -> Result<Cow<'_, str>, Invalid> {
    let pieces = pieces(text)?.into_iter().map(|piece| match piece {
        Piece::Text(text) => Cow::Borrowed(text),
        Piece::Hole(placeholder) => Cow::Owned(value(placeholder)),
    });
    Ok(pieces.reduce(|written, piece| written + piece).unwrap_or_default())
}

struct Hole {
    start: usize,
    end: usize,
    placeholder: Placeholder,
}

fn next_hole(text: &str) -> Result<Option<Hole>, Invalid> {
    let unpaired =
        || Invalid::new("url", "holds a brace without its partner").hint("a brace of your own is percent-encoded");
    let mut from = 0;
    while let Some(at) = text[from..].find(['{', '}', '%']).map(|i| from + i) {
        match text.as_bytes()[at] {
            b'}' => return Err(unpaired()),
            b'{' => {
                let length = text[at + 1..].find('}').ok_or_else(unpaired)?;
                let placeholder = Placeholder::parse(&text[at + 1..at + 1 + length])?;
                return Ok(Some(Hole { start: at, end: at + length + 2, placeholder }));
            }
            _ => match encoded_hole(text, at) {
                Some(hole) => return Ok(Some(hole)),
                None => from = at + 1,
            },
        }
    }
    Ok(None)
}

/// `%7Bname%7D` at `at`, if its name is one of ours.
fn encoded_hole(text: &str, at: usize) -> Option<Hole> {
    let inner = at + 3;
    text.get(at..inner).filter(|brace| brace.eq_ignore_ascii_case("%7b"))?;
    let length = text[inner..].find('%')?;
    let close = inner + length;
    text.get(close..close + 3).filter(|brace| brace.eq_ignore_ascii_case("%7d"))?;
    let placeholder = Placeholder::parse(&text[inner..close]).ok()?;
    Some(Hole { start: at, end: close + 3, placeholder })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> Result<Cow<'_, str>, Invalid> {
        expand(text, |placeholder| format!("<{}>", placeholder.as_str()))
    }

    #[test]
    fn both_spellings_of_a_known_name_are_filled() {
        assert_eq!(filled("/a/{pay_id}?s={status}").unwrap(), "/a/<pay_id>?s=<status>");
        assert_eq!(filled("/a/%7Bpay_id%7D/%7buser_id%7d").unwrap(), "/a/<pay_id>/<user_id>");
    }

    #[test]
    fn encoded_braces_around_anything_else_stay() {
        for own in ["/%7Btheirs%7D", "/%7B", "/%7Bpay_id", "/100%25", "/%7B%7Bpay_ID%7D%7D"] {
            assert_eq!(filled(own).unwrap(), own);
        }
    }

    #[test]
    fn an_unknown_name_and_a_lone_brace_are_refused() {
        for bad in ["/{order}", "/{PAY_ID}", "/{}", "/{pay_id", "/pay_id}", "/{{pay_id}}"] {
            assert!(filled(bad).is_err(), "{bad} was accepted");
        }
    }
}
