//! Enums whose variants have words: how `/v1`, records and dialects write and read them.

/// Declares an enum that is written and read by words, each beside its variant.
///
/// It has `ALL`, in the order of declaration, `as_str` and `of_word`. Where a field's name stands behind its own, it has
/// `parse` too, which says of that field what it could have been.
macro_rules! words {
    (
        $(#[$doc:meta])*
        pub enum $name:ident $(($field:literal))? {
            $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every one there is.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            /// Its word.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// The one that has this word.
            pub fn of_word(word: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.as_str() == word)
            }

            $(
                /// Reads its word.
                ///
                /// # Errors
                /// When `text` is none of its words.
                pub fn parse(text: &str) -> Result<Self, $crate::domain::invalid::Invalid> {
                    let rule = || format!("is neither {}", Self::ALL.map(Self::as_str).join(" nor "));
                    Self::of_word(text).ok_or_else(|| $crate::domain::invalid::Invalid::new($field, rule()))
                }
            )?
        }
    };
}
pub(crate) use words;
