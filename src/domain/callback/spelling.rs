//! The spelling that would be accepted, for a callback that is refused; and the slips of copying that are refused by
//! name.
//!
//! A refusal that says what to write saves its reader a search, and one that says it wrongly costs two. So what is
//! offered here has been through the same rules as anything else, and is offered only if it passes them.

use url::Url;

use crate::domain::text::{is_invisible, shown};
use crate::domain::{Invalid, params::percent_encoded};

/// What to do about a character that came along by copying.
const LEAVE_OUT: &str = "leave it out";

/// Quotation marks, which stand around an address in a sentence or in code.
const QUOTES: [char; 13] = ['"', '\'', '`', '<', '>', '“', '”', '„', '‘', '’', '«', '»', '‚'];

/// What HTML writes for characters that mean something in it.
const ENTITIES: [(&str, char); 6] =
    [("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\''), ("nbsp", '\u{a0}')];

/// Refuses what comes along when an address is copied out of a sentence, a page's source or a program, and any
/// character that no URL may hold.
///
/// # Errors
/// With the character and where it stands.
pub fn check_slips(text: &str) -> Result<(), Invalid> {
    let refused = |rule: String| Err(Invalid::new("url", rule));
    let (Some(first), Some(last)) = (text.chars().next(), text.chars().next_back()) else { return Ok(()) };
    if let Some(c) = [first, last].into_iter().find(|c| is_blank(*c)) {
        return refused(format!("begins or ends with {}, which is no part of a URL", shown(c)))
            .map_err(|invalid| invalid.hint(LEAVE_OUT));
    }
    if let Some(c) = quote_around(first, last) {
        return refused(format!("begins or ends with {}, which is no part of a URL", shown(c)))
            .map_err(|invalid| invalid.hint(LEAVE_OUT));
    }
    if let Some((entity, _)) = entity_in(text) {
        return refused(format!("holds {entity}, which is how HTML writes another character"));
    }
    if let Some((at, c)) = text.char_indices().find(|(_, c)| !c.is_ascii_graphic() || *c == '\\') {
        return refused(format!("holds {} at byte {at}, which no URL may hold as it is", shown(c)))
            .map_err(|invalid| invalid.hint("expected letters, digits and signs of ASCII"));
    }
    match last {
        ',' => refused("ends with a comma, as in a sentence (one of its own is written %2C)".into()),
        '.' => refused("ends with a full stop, as in a sentence (one of its own is written %2E)".into()),
        _ => Ok(()),
    }
    .map_err(|invalid| invalid.hint(LEAVE_OUT))
}

/// Another spelling of `text` that is accepted: the nearest one. `None` when there is none that surely means the same.
pub fn respelled(text: &str, accepted: impl Fn(&str) -> bool) -> Option<String> {
    let tidy = tidied(text);
    let mut spellings = vec![tidy.clone()];
    spellings.extend(with_schemes(&tidy));
    let as_browsers_do = |spelling: &String| Url::parse(spelling).ok().map(String::from);
    let seen: Vec<String> = spellings.iter().filter_map(as_browsers_do).collect();
    // Braces that mean nothing to us can only be the merchant's own.
    let braces = |spelling: &String| spelling.replace('{', "%7B").replace('}', "%7D");
    let escaped: Vec<String> = spellings.iter().chain(&seen).map(braces).collect();
    spellings.into_iter().chain(seen).chain(escaped).find(|spelling| spelling != text && accepted(spelling))
}

/// The text without what comes along by copying.
fn tidied(text: &str) -> String {
    let mut text = text.to_owned();
    while let Some((entity, c)) = entity_in(&text) {
        let written = if c == '&' { "&".to_owned() } else { percent_encoded(&c.to_string()) };
        text = text.replacen(&entity, &written, 1);
    }
    let around = |c: char| is_blank(c) || QUOTES.contains(&c);
    // A mark of the sentence may stand inside the quotation or behind it.
    text.trim_start_matches(around).trim_end_matches(|c| around(c) || c == ',' || c == '.').to_owned()
}

/// This address with a scheme of the web, where it has none or has it misspelt; an app's in lower case. The port of
/// `localhost:3000` is no reason to take `localhost` for a scheme.
fn with_schemes(text: &str) -> Vec<String> {
    let scheme =
        text.split_once(':').filter(|(scheme, rest)| !begins_with_port(rest) && !scheme.contains(['/', '?', '#']));
    let (web, rest) = match scheme {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (&["https"][..], rest),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (&["http", "https"][..], rest),
        Some((scheme, rest)) => return vec![format!("{}:{rest}", scheme.to_ascii_lowercase())],
        None => (&["https"][..], text),
    };
    let rest = rest.trim_start_matches(['/', '\\']);
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let on_this_machine = host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.");
    let web = if scheme.is_none() && on_this_machine { &["http"][..] } else { web };
    // A word alone is no host that anybody has meant.
    if !host.contains('.') && !on_this_machine && !host.starts_with('[') {
        return Vec::new();
    }
    web.iter().map(|scheme| format!("{scheme}://{rest}")).collect()
}

/// Whether a colon before this text is that of a host's port, as in `localhost:3000`, and not a scheme's.
pub fn begins_with_port(rest: &str) -> bool {
    let port = rest.split(['/', '?', '#']).next().unwrap_or_default();
    !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || is_invisible(c)
}

/// The quotation mark that stands around an address. An apostrophe or a backquote may be the last of its
/// own.
fn quote_around(first: char, last: char) -> Option<char> {
    let ends = |c: &char| QUOTES.contains(c) && !matches!(c, '\'' | '`');
    Some(first).filter(|c| QUOTES.contains(c)).or_else(|| Some(last).filter(ends))
}

/// The first character that is written as HTML writes it, such as `&amp;` or `&#38;`, and what it stands for.
fn entity_in(text: &str) -> Option<(String, char)> {
    text.match_indices('&').find_map(|(at, _)| {
        let name = text[at + 1..].split(';').next().filter(|name| text[at + 1 + name.len()..].starts_with(';'))?;
        let named = ENTITIES.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, c)| *c);
        let number = || {
            let digits = name.strip_prefix('#')?;
            let hexadecimal = digits.strip_prefix(['x', 'X']).map(|digits| u32::from_str_radix(digits, 16));
            hexadecimal.unwrap_or_else(|| digits.parse()).ok().and_then(char::from_u32)
        };
        Some((format!("&{name};"), named.or_else(number)?))
    })
}

#[cfg(test)]
mod tests {
    use super::super::{CallbackUrl, Rules};

    /// What a refusal says to write; empty where it says nothing of the kind.
    fn offered(text: &str) -> String {
        let invalid = CallbackUrl::parse(text, &Rules::default()).expect_err(text);
        let hint = invalid.hint_text().unwrap_or_default();
        hint.split_once("write ").map_or_else(String::new, |(_, spelling)| spelling.to_owned())
    }

    #[test]
    fn every_spelling_that_a_refusal_offers_is_accepted() {
        for (refused, offer) in [
            ("https://bücher.example/x", "https://xn--bcher-kva.example/x"),
            ("https://shop.example/grüße", "https://shop.example/gr%C3%BC%C3%9Fe"),
            ("https://bücher.example/grüße?q=ü", "https://xn--bcher-kva.example/gr%C3%BC%C3%9Fe?q=%C3%BC"),
            ("https://shop.example/ok ", "https://shop.example/ok"),
            ("\u{a0}https://shop.example/ok\r\n", "https://shop.example/ok"),
            ("https://shop.example/ok\u{200b}", "https://shop.example/ok"),
            ("\u{feff}https://shop.example/ok", "https://shop.example/ok"),
            ("https://shop.example/o k", "https://shop.example/o%20k"),
            ("https://shop.example\\ok", "https://shop.example/ok"),
            ("HTTPS://shop.example/x", "https://shop.example/x"),
            ("Http://localhost/x", "http://localhost/x"),
            ("http://shop.example/x", "https://shop.example/x"),
            ("Com.Example.App://cb", "com.example.app://cb"),
            ("localhost:3000", "http://localhost:3000"),
            ("127.0.0.1:3000/cb", "http://127.0.0.1:3000/cb"),
            ("shop.example:8443/cb", "https://shop.example:8443/cb"),
            ("shop.example/cb?u=a:b", "https://shop.example/cb?u=a:b"),
            ("//shop.example/cb", "https://shop.example/cb"),
            ("https:/shop.example/cb", "https://shop.example/cb"),
            ("https:shop.example/cb", "https://shop.example/cb"),
            ("https://Shop.Example:443/a/../b", "https://shop.example/b"),
            ("https://shop.example/{order}/{pay_id}", "https://shop.example/%7Border%7D/%7Bpay_id%7D"),
            ("https://shop.example/?x={order", "https://shop.example/?x=%7Border"),
            ("https://shop.example/i?route=a&amp;order_id=1", "https://shop.example/i?route=a&order_id=1"),
            ("https://shop.example/i?route=a&#38;order_id=1", "https://shop.example/i?route=a&order_id=1"),
            ("https://shop.example/i?route=a&AMP;amp;b=1", "https://shop.example/i?route=a&b=1"),
            ("https://shop.example/i?q=&quot;a&#x22;", "https://shop.example/i?q=%22a%22"),
            ("\"https://shop.example/ok\"", "https://shop.example/ok"),
            ("“https://shop.example/ok.”", "https://shop.example/ok"),
            ("<https://shop.example/ok>", "https://shop.example/ok"),
            ("'https://shop.example/ok',", "https://shop.example/ok"),
            ("https://shop.example/ok\"", "https://shop.example/ok"),
            ("https://shop.example/ok,", "https://shop.example/ok"),
            ("https://shop.example/ok.", "https://shop.example/ok"),
            ("https://shop.example.", "https://shop.example"),
            ("https://shop.example/ok...", "https://shop.example/ok"),
        ] {
            assert_eq!(offered(refused), offer, "{refused}");
            assert!(CallbackUrl::parse(offer, &Rules::default()).is_ok(), "{offer}");
        }
    }

    #[test]
    fn nothing_is_offered_that_could_mean_another_place() {
        for refused in [
            "javascript:alert(1)",
            "https://shop.example@evil.example/",
            "https://user:secret@shop.example/",
            "https://{pay_id}.example/",
            "nonsense",
            "/cb",
            "myapp://cb",
            "https://",
            "",
        ] {
            assert_eq!(offered(refused), "", "{refused}");
        }
    }

    #[test]
    fn a_character_of_its_own_is_kept() {
        for own in [
            "https://shop.example/ok%2E",
            "https://shop.example/ok%2C",
            "https://shop.example/?a=1&amp=2",
            "https://shop.example/?a=1&amplitude;b=2",
            "https://shop.example/'a'",
            "https://shop.example/?x=|^`",
        ] {
            assert!(CallbackUrl::parse(own, &Rules::default()).is_ok(), "{own}");
        }
    }
}
