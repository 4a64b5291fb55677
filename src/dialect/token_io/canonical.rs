//! JSON in its canonical form, as Token.io's clients sign it: compact, with sorted keys; and as it is kept: compact.

use serde_json::value::RawValue;

use crate::dialect::Pairs;

/// How deep what is signed may be nested. Nothing that Token.io knows is deeper than five.
const MOST_DEEP: usize = 32;

/// Writes a JSON text canonically: no space between its parts, keys in the order of their UTF-16 code units (as
/// JavaScript sorts them), numbers with the digits that were sent. `None` when it is no JSON, says a thing twice, or is
/// nested too deep.
pub(super) fn canonical(json: &[u8]) -> Option<String> {
    let raw: &RawValue = serde_json::from_slice(json).ok()?;
    let mut written = String::with_capacity(json.len());
    write(raw, MOST_DEEP, &mut written)?;
    Some(written)
}

/// A JSON text without the spaces between its parts, and otherwise as it was sent.
pub(super) fn compact(json: &str) -> String {
    let (mut compact, mut in_text, mut escaped) = (String::with_capacity(json.len()), false, false);
    for c in json.chars() {
        if in_text || !c.is_ascii_whitespace() {
            compact.push(c);
        }
        if c == '"' && !escaped {
            in_text = !in_text;
        }
        escaped = in_text && c == '\\' && !escaped;
    }
    compact
}

fn write(raw: &RawValue, room: usize, to: &mut String) -> Option<()> {
    let (text, room) = (raw.get(), room.checked_sub(1)?);
    match text.as_bytes().first()? {
        b'{' => {
            let mut members = serde_json::from_str::<Pairs>(text).ok()?.0;
            members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            if members.windows(2).any(|pair| pair[0].0 == pair[1].0) {
                return None;
            }
            to.push('{');
            for (index, (name, value)) in members.iter().enumerate() {
                to.push_str(if index == 0 { "" } else { "," });
                to.push_str(&serde_json::to_string(name).ok()?);
                to.push(':');
                write(value, room, to)?;
            }
            to.push('}');
        }
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            to.push('[');
            for (index, item) in items.into_iter().enumerate() {
                to.push_str(if index == 0 { "" } else { "," });
                write(item, room, to)?;
            }
            to.push(']');
        }
        b'"' => to.push_str(&serde_json::to_string(&serde_json::from_str::<String>(text).ok()?).ok()?),
        _ => to.push_str(text),
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_and_everything_else_stays() {
        for (sent, written) in [
            (
                r#" { "b" : [ 1.0 , {"d":null,"c":"\u00e9"} ], "a" : true } "#,
                r#"{"a":true,"b":[1.0,{"c":"é","d":null}]}"#,
            ),
            (r#"{"é":1,"z":2,"Z":3}"#, r#"{"Z":3,"z":2,"é":1}"#),
            ("{}", "{}"),
            ("[]", "[]"),
            ("7", "7"),
        ] {
            assert_eq!(canonical(sent.as_bytes()).as_deref(), Some(written));
        }
    }

    #[test]
    fn keys_are_sorted_as_javascript_sorts_them() {
        // U+1F600 is two code units that begin with D83D, below U+FB00.
        assert_eq!(
            canonical("{\"\u{fb00}\":1,\"\u{1f600}\":2}".as_bytes()).unwrap(),
            "{\"\u{1f600}\":2,\"\u{fb00}\":1}"
        );
    }

    #[test]
    fn what_two_readers_could_take_for_two_things_has_no_canonical_form() {
        for bad in ["", "{", r#"{"a":1,"a":2}"#, r#"{"a":1,"\u0061":2}"#, "{} {}"] {
            assert_eq!(canonical(bad.as_bytes()), None, "{bad}");
        }
        let deep = |levels: usize| canonical(("[".repeat(levels) + &"]".repeat(levels)).as_bytes());
        assert!(deep(MOST_DEEP).is_some());
        assert!(deep(MOST_DEEP + 1).is_none());
        assert!(deep(100_000).is_none());
    }
}
