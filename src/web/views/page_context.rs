//! What every page of a customer has in common: its language, what marks a test, and whom to turn to.

use data_encoding::HEXLOWER;
use std::{borrow::Borrow, fmt, sync::Arc};

use askama::filters::{Escaper as _, Html, HtmlSafe};

use super::palette::Palette;
use crate::domain::{Amount, Color, Journey, Logo, MerchantId, MerchantMarks, Mode, PageLink, UnixMillis};
use crate::language::{Language, Part, Sentence};

/// The surroundings of a customer's page.
#[derive(Debug, Clone)]
pub struct PageContext {
    /// The language that it is in.
    pub language: Arc<Language>,
    /// What a page about a journey shows besides.
    pub marks: Marks,
    /// The operator's name in the foot, where one is wanted.
    pub brand: Option<Arc<str>>,
}

/// What a page shows of the journey that it is about, whatever it says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// Whether no money moves.
    pub is_test: bool,
    /// The name of the merchant.
    pub merchant: String,
    /// Where its customers find help.
    pub support: Option<String>,
    /// Its legal notice.
    pub legal: Option<String>,
    /// Its colour.
    pub color: Option<Color>,
    /// Its logo.
    pub logo: Option<ShownLogo>,
}

/// A merchant's logo on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownLogo {
    /// Where it is.
    pub url: String,
    /// How many pixels it is wide.
    pub width: u8,
    /// How many pixels it is high.
    pub height: u8,
}

impl ShownLogo {
    /// That of this merchant: its address holds the digest of the picture, so that browsers may keep it.
    pub fn of(merchant: MerchantId, logo: &Logo) -> Self {
        let digest = HEXLOWER.encode(&logo.digest);
        Self { url: format!("/logo/{}/{digest}.webp", merchant.short()), width: logo.width, height: logo.height }
    }
}

impl Marks {
    /// Those of a journey.
    pub fn of(journey: &Journey) -> Self {
        let opening = journey.opening();
        let link = |link: fn(&MerchantMarks) -> &PageLink| opening.marks.as_ref().and_then(|marks| link(marks).url());
        Self {
            is_test: opening.mode == Some(Mode::Test),
            merchant: opening.merchant_name.as_str().to_owned(),
            support: link(|marks| &marks.support).map(str::to_owned),
            legal: link(|marks| &marks.legal).map(str::to_owned),
            color: opening.marks.as_ref().and_then(|marks| marks.color.0),
            logo: opening
                .marks
                .as_ref()
                .and_then(|marks| marks.logo)
                .map(|logo| ShownLogo::of(opening.merchant, &logo)),
        }
    }
}

impl PageContext {
    /// The text of this key.
    pub fn text(&self, key: &str) -> String {
        self.language.text(key)
    }

    /// The text of this key, to be given the values of its variables.
    pub fn say(&self, key: &'static str) -> Said<'_> {
        Said { language: &self.language, sentence: Sentence::of(key) }
    }

    /// A sentence that has its values.
    pub fn sentence(&self, sentence: impl Borrow<Sentence>) -> Said<'_> {
        Said { language: &self.language, sentence: sentence.borrow().clone() }
    }

    /// The address of the stylesheet with the merchant's colour, where it has one.
    pub fn palette(&self) -> Option<String> {
        self.marks.color.map(|color| Palette::of(color).url())
    }

    /// Whether there is anything in its foot.
    pub fn has_foot(&self) -> bool {
        self.marks.support.is_some() || self.marks.legal.is_some() || self.brand.is_some()
    }

    /// An amount, as people write it.
    pub fn amount(&self, amount: Amount) -> String {
        self.language.amount(amount)
    }

    /// The day of a moment, as people write it.
    pub fn day(&self, moment: UnixMillis) -> String {
        self.language.day(moment)
    }
}

/// A sentence in a language, as HTML: names that others chose stand apart, so that their direction is their own.
#[derive(Debug, Clone)]
pub struct Said<'p> {
    language: &'p Language,
    sentence: Sentence,
}

impl Said<'_> {
    /// Gives a variable the name that somebody else chose.
    #[must_use]
    pub fn name(self, variable: &'static str, name: &(impl ToString + ?Sized)) -> Self {
        self.with(|sentence| sentence.name(variable, name.to_string()))
    }

    /// Gives a variable what the language itself has written.
    #[must_use]
    pub fn value(self, variable: &'static str, text: &(impl ToString + ?Sized)) -> Self {
        self.with(|sentence| sentence.value(variable, text.to_string()))
    }

    fn with(self, change: impl FnOnce(Sentence) -> Sentence) -> Self {
        Self { sentence: change(self.sentence), ..self }
    }

    /// The sentence without marks, for a title.
    pub fn plain(&self) -> String {
        self.language.written(&self.sentence)
    }
}

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.language.parts(&self.sentence) {
            match part {
                Part::Words(words) => Html.write_escaped_str(&mut *f, &words)?,
                Part::Name(name) => {
                    f.write_str("<bdi>")?;
                    Html.write_escaped_str(&mut *f, name)?;
                    f.write_str("</bdi>")?;
                }
            }
        }
        Ok(())
    }
}

/// All that it writes is escaped, but for its own `<bdi>`.
impl HtmlSafe for Said<'_> {}
