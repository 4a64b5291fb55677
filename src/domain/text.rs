//! Texts that have to be cut: visibly, and between words.

use std::borrow::Cow;

/// What stands where the rest of a text is left out.
const MARK: char = '…';

/// As much of a text as `fits`: all of it, else its start and a mark. It is cut between words, or where there are none
/// between characters. `fits` must not take a text that begins with one that it does not take.
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
