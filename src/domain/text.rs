//! Text that people see or compare: names, notes, references.
//!
//! One rule for every dialect and every setting. What nobody can see makes two texts differ that look the same, and a
//! character that turns the direction of its line makes one text look like another. Joiners and selectors that scripts
//! and emoji are written with are kept where they do something (Unicode Technical Report 36, section 2.10; RFC 5892,
//! appendices A.1 and A.2).

use std::borrow::Cow;

use crate::domain::Invalid;

/// What stands where the rest of a text is left out.
const MARK: char = '…';

/// Accepts a text that people see or compare.
///
/// # Errors
/// When it holds a control character, one that nobody can see, or one that turns the direction of what follows; the
/// rule names it.
pub fn check_readable(field: &str, text: &str) -> Result<(), Invalid> {
    match misleading(text).next() {
        None => Ok(()),
        Some((_, c)) if c.is_control() => Err(Invalid::new(field, format!("holds the control character {}", shown(c)))),
        Some((_, c)) => Err(Invalid::new(field, format!("holds {}, which nobody can see", shown(c)))),
    }
    .map_err(|invalid| invalid.hint("leave it out"))
}

/// Accepts a label that people read and compare, without the spaces around it: 1 to `most` characters.
///
/// # Errors
/// When it is blank, longer, or holds a character that misleads ([`check_readable`]).
pub(super) fn label(field: &str, text: &str, most: usize) -> Result<String, Invalid> {
    let text = text.trim();
    let refused = |rule: String| {
        Err(Invalid::new(field, rule).hint(format!("expected 1 to {most} characters that people can read")))
    };
    match text.chars().count() {
        0 => refused("is blank".into()),
        count if count > most => refused(format!("is longer than {most} characters")),
        _ => check_readable(field, text).map(|()| text.to_owned()),
    }
}

/// The text without what [`check_readable`] refuses, for what comes from others than the caller, whom no refusal would
/// reach.
pub fn readable(text: &str) -> String {
    let dropped: Vec<usize> = misleading(text).map(|(at, _)| at).collect();
    text.char_indices().filter(|(at, _)| !dropped.contains(at)).map(|(_, c)| c).collect()
}

/// How a character is named in a sentence: by its code point, and by itself where it can be seen.
pub fn shown(c: char) -> String {
    let code = format!("U+{:04X}", u32::from(c));
    if c.is_control() || c.is_whitespace() || is_invisible(c) { code } else { format!("{c} ({code})") }
}

/// Whether a character leaves no mark of its own, or turns the direction of what follows.
pub const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// The characters of a text that mislead who reads it, with where they stand.
fn misleading(text: &str) -> impl Iterator<Item = (usize, char)> {
    let plain = text.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
    let misleads = move |(at, c): &(usize, char)| {
        c.is_control() || (is_invisible(*c) && !is_needed(&text[..*at], *c, &text[*at + c.len_utf8()..]))
    };
    text.char_indices().take_while(move |_| !plain).filter(misleads)
}

/// Whether an invisible character does something between its neighbours that can be seen.
fn is_needed(before: &str, c: char, after: &str) -> bool {
    let next = after.chars().next();
    let Some(previous) = before.chars().next_back() else { return false };
    match c {
        '\u{200c}' | '\u{200d}' => (is_joined(previous) || previous == '\u{fe0f}') && next.is_some_and(is_joined),
        // A keycap: a digit, this, and the frame around it.
        '\u{fe0f}' if matches!(previous, '0'..='9' | '#' | '*') => next == Some('\u{20e3}'),
        '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => {
            has_variants(previous)
        }
        // The flag of a country's part: a black flag, and letters that nobody sees.
        '\u{e0020}'..='\u{e007f}' => {
            let is_tag = |c: char| matches!(c, '\u{e0020}'..='\u{e007e}');
            before.trim_end_matches(is_tag).ends_with('\u{1f3f4}')
        }
        _ => false,
    }
}

/// Whether a joiner beside this character can change how it looks: letters of scripts that join, and emoji.
const fn is_joined(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{10ff}' | '\u{1200}'..='\u{1dff}' | '\u{2190}'..='\u{2bff}' | '\u{a800}'..='\u{abff}'
        | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10800}'..='\u{11fff}' | '\u{16000}'..='\u{16fff}'
        | '\u{1e900}'..='\u{1faff}')
}

/// Whether there may be two pictures of this character.
fn has_variants(c: char) -> bool {
    let has_own = !c.is_ascii() && (!c.is_alphabetic() || c >= '\u{1000}');
    has_own && !c.is_whitespace() && !c.is_control() && !is_invisible(c)
}

/// As much of a text as `fits`: all of it, else its start and a mark. It is cut between words, or where
/// there are none between characters. `fits` must not take a text that begins with one that it does not take.
pub fn cut(text: &str, fits: impl Fn(&str) -> bool) -> Cow<'_, str> {
    if fits(text) {
        return Cow::Borrowed(text);
    }
    let marked = |end: usize| format!("{}{MARK}", text[..end].trim_end());
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let fitting = ends.partition_point(|end| fits(&marked(*end)));
    let Some(end) = fitting.checked_sub(1).and_then(|last| ends.get(last)).copied() else { return Cow::Borrowed("") };
    // Where a word would take half of the text with it, it is cut itself: not every script has spaces.
    let ends_word = text[end..].starts_with(char::is_whitespace);
    let word = if ends_word { None } else { text[..end].rfind(char::is_whitespace).filter(|start| *start > end / 2) };
    // An encoding may make a shorter text longer by a byte or two.
    let word = word.map(marked).filter(|text| fits(text));
    Cow::Owned(word.unwrap_or_else(|| marked(end)))
}

/// A text on one line: a control character is a space, which is better than two words in one.
pub fn on_one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_can_see_is_refused_by_name() {
        for (text, named) in [
            ("Order\u{200b}7", "U+200B"),
            ("Order\u{202e}7", "U+202E"),
            ("Order\u{2066}7\u{2069}", "U+2066"),
            ("\u{200e}Order 7", "U+200E"),
            ("Order\u{ad}7", "U+00AD"),
            ("Order\u{2060}7", "U+2060"),
            ("\u{feff}Order 7", "U+FEFF"),
            ("Order\u{3164}7", "U+3164"),
            ("Order\u{2028}7", "U+2028"),
            ("Order\n7", "U+000A"),
            ("Order\u{9f}7", "U+009F"),
            ("Order\0", "U+0000"),
            // Joiners and selectors that do nothing where they stand.
            ("Or\u{200d}der", "U+200D"),
            ("Order 7\u{200c}", "U+200C"),
            ("\u{200d}می", "U+200D"),
            ("日\u{200d}本", "U+200D"),
            ("Order 7\u{fe0f}", "U+FE0F"),
            ("café\u{fe0f}", "U+FE0F"),
            ("❤\u{fe0f}\u{fe0f}", "U+FE0F"),
            ("Order\u{e0041}", "U+E0041"),
        ] {
            let invalid = check_readable("note", text).unwrap_err();
            assert!(invalid.rule().contains(named), "{text:?}: {invalid}");
            assert_eq!(invalid.field(), "note");
            assert_eq!(check_readable("note", &readable(text)), Ok(()), "{text:?}");
        }
        assert_eq!(readable("\u{202e}Or\u{200b}der\r\n 7"), "Order 7");
    }

    #[test]
    fn what_scripts_and_emoji_are_written_with_is_kept() {
        for text in [
            "Order 7, 100 %",
            "Größe\u{a0}XL – “fine” … 日本語 한국어",
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "ශ්\u{200d}රී",
            "র\u{200d}্যাব",
            "👨\u{200d}👩\u{200d}👧",
            "❤\u{fe0f}\u{200d}🔥",
            "👩🏽\u{200d}💻 ☎\u{fe0e} 7\u{fe0f}\u{20e3}",
            "葛\u{e0100}飾区",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "עברית العربية",
            "",
        ] {
            assert_eq!(check_readable("note", text), Ok(()), "{text:?}");
            assert_eq!(readable(text), text);
        }
    }

    #[test]
    fn a_text_is_cut_between_words_and_the_cut_is_seen() {
        for (text, room, shown) in [
            ("all of it", 9, "all of it"),
            ("The payment was refused", 20, "The payment was…"),
            ("The payment was refused", 18, "The payment was…"),
            ("The payment was refused", 17, "The payment…"),
            ("Oberweserdampfschifffahrt", 12, "Oberweser…"),
            ("a Donaudampfschifffahrt", 14, "a Donaudamp…"),
            ("ééééé", 9, "ééé…"),
            ("日本語日本語", 14, "日本語…"),
            ("line", 2, ""),
        ] {
            let is = cut(text, |text| text.len() <= room);
            assert_eq!((is.as_ref(), is.len() <= room), (shown, true), "{text} in {room}");
        }
    }

    #[test]
    fn a_control_character_is_a_space() {
        assert_eq!(on_one_line(" line\nbreak\t\u{0}x\r\n"), "line break  x");
    }
}
