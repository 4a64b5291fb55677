//! All the languages of a gateway, and which of them somebody reads.

use std::sync::Arc;

use fluent_langneg::{NegotiationStrategy, negotiate_languages};
use unic_langid::LanguageIdentifier;

use super::file::{self, Mistake};
use super::{Language, formats::Formats, messages::Messages};

/// A language that is compiled in: its tag, the tag of those who write amounts and days as it does, and its texts.
/// English is written as in Britain, where a day comes before its month.
const BUILT_IN: [(&str, &str, &str); 6] = [
    ("en", "en-GB", ENGLISH),
    ("ar", "ar", include_str!("locales/ar.ftl")),
    ("de", "de", include_str!("locales/de.ftl")),
    ("es", "es", include_str!("locales/es.ftl")),
    ("fr", "fr", include_str!("locales/fr.ftl")),
    ("pl", "pl", include_str!("locales/pl.ftl")),
];

/// The language that has every text, and says which there are.
const ENGLISH: &str = include_str!("locales/en.ftl");

/// The languages that a gateway speaks.
#[derive(Debug, Clone)]
pub struct Languages {
    all: Vec<Arc<Language>>,
    english: Arc<Language>,
}

/// A file of an operator's, which changes texts of a language, or adds one.
#[derive(Debug, Clone, Copy)]
pub struct OwnFile<'f> {
    /// The language's tag, as the file is named.
    pub tag: &'f str,
    /// What it holds.
    pub text: &'f str,
}

impl Languages {
    /// Those that are compiled in.
    pub fn built_in() -> Self {
        let english_tag = identifier("en").unwrap_or_default();
        let last = Arc::new(Messages::read(&english_tag, ENGLISH));
        let read = |(tag, formats, text): (&str, &str, &str)| {
            let tag = identifier(tag).unwrap_or_default();
            let own = (tag != english_tag).then(|| Arc::new(Messages::read(&tag, text)));
            let messages = own.into_iter().chain([Arc::clone(&last)]).collect();
            Arc::new(Language { tag, formats: Arc::new(Formats::of(formats)), messages })
        };
        let all: Vec<_> = BUILT_IN.into_iter().map(read).collect();
        let english = all.iter().find(|language| language.tag == english_tag);
        let english = english.map_or_else(|| read(("en", "en-GB", ENGLISH)), Arc::clone);
        Self { all, english }
    }

    /// Changes a language by a file, or adds it: what the file does not say is said as it is in the nearest language
    /// that there was.
    ///
    /// # Errors
    /// With everything that is wrong in the file.
    pub fn extended_by(mut self, file: OwnFile<'_>) -> Result<Self, Vec<Mistake>> {
        let Some(tag) = identifier(file.tag).filter(|tag| !tag.language.is_empty()) else {
            let rule = "its name is not the tag of a language; expected such as nl.ftl or pt-BR.ftl".to_owned();
            return Err(vec![Mistake { line: None, rule }]);
        };
        let mistakes = file::mistakes(file.text, ENGLISH);
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let nearest = self.choose([file.tag]);
        let is_known = nearest.tag == tag;
        let formats = if is_known { Arc::clone(&nearest.formats) } else { Arc::new(Formats::of(&tag.to_string())) };
        let own = Arc::new(Messages::read(&tag, file.text));
        let messages = std::iter::once(own).chain(nearest.messages.iter().cloned()).collect();
        let language = Arc::new(Language { tag, formats, messages });
        if self.english.tag == language.tag {
            self.english = Arc::clone(&language);
        }
        self.all.retain(|before| before.tag != language.tag);
        self.all.push(language);
        Ok(self)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Language>> {
        self.all.iter()
    }

    /// English, in which every text is there.
    pub fn english(&self) -> &Arc<Language> {
        &self.english
    }

    /// The language that is nearest to the first of these tags to which any is near; English, where none is.
    pub fn choose<'t>(&self, wanted: impl IntoIterator<Item = &'t str>) -> &Arc<Language> {
        let wanted: Vec<LanguageIdentifier> = wanted.into_iter().filter_map(identifier).collect();
        let tags: Vec<&LanguageIdentifier> = self.all.iter().map(|language| &language.tag).collect();
        let chosen = negotiate_languages(&wanted, &tags, None, NegotiationStrategy::Lookup);
        let language = chosen.first().and_then(|tag| self.all.iter().find(|language| language.tag == ***tag));
        language.unwrap_or(&self.english)
    }
}

/// The language, script and region of a tag; what stands behind them says how to write, and not in which language.
fn identifier(tag: &str) -> Option<LanguageIdentifier> {
    let end = tag.match_indices('-').map(|(at, _)| at).find(|at| tag[at + 1..].find('-') == Some(1));
    tag[..end.unwrap_or(tag.len())].parse().ok()
}
