//! Yes and no as clients write them in queries, forms and JSON texts: one reader for every dialect.

/// `true` and `false` in any capitals: Python's `str(True)` is `True`.
pub(super) fn of_word(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// `true` and `false` in any capitals, and what forms have besides.
pub(super) fn of_form(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "1" | "on" => Some(true),
        "no" | "0" | "off" => Some(false),
        word => of_word(word),
    }
}

/// The rule that a field breaks which is neither.
pub(super) const RULE: &str = "is neither true nor false";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_in_any_capitals_and_numbers_in_forms_alone() {
        for (text, word, form) in [
            ("true", Some(true), Some(true)),
            ("True", Some(true), Some(true)),
            ("TRUE", Some(true), Some(true)),
            ("False", Some(false), Some(false)),
            ("1", None, Some(true)),
            ("0", None, Some(false)),
            ("On", None, Some(true)),
            ("no", None, Some(false)),
            ("", None, None),
            ("tru", None, None),
            ("2", None, None),
        ] {
            assert_eq!((of_word(text), of_form(text)), (word, form), "{text}");
        }
    }
}
