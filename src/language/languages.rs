//! All the languages of a gateway, and which of them somebody reads.

use std::sync::Arc;

use fluent_langneg::{NegotiationStrategy, negotiate_languages};
use unic_langid::LanguageIdentifier;

use super::{Language, messages::Messages};

/// A language that is compiled in: its tag, the tag of those who write amounts and days as it does, and its texts.
/// English is written as in Britain, where a day comes before its month.
const BUILT_IN: [(&str, &str, &str); 1] = [("en", "en-GB", include_str!("locales/en.ftl"))];

/// The languages that a gateway speaks.
#[derive(Debug, Clone)]
pub struct Languages {
    tags: Vec<LanguageIdentifier>,
    /// In the order of their tags; English is the first.
    all: Vec<Arc<Language>>,
    english: Arc<Language>,
}

impl Languages {
    /// Those that are compiled in.
    pub fn built_in() -> Self {
        let read = |(tag, formats, file)| {
            let tag: LanguageIdentifier = identifier(tag).unwrap_or_default();
            (Arc::new(Messages::read(&tag, file)), tag, formats)
        };
        let [(english, tag, formats)] = BUILT_IN.map(read);
        let english = Arc::new(Language::new(tag, formats, vec![english]));
        let all = vec![Arc::clone(&english)];
        Self { tags: all.iter().map(|language| language.tag.clone()).collect(), all, english }
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
        let chosen = negotiate_languages(&wanted, &self.tags, None, NegotiationStrategy::Lookup);
        let language = chosen.first().and_then(|tag| self.all.iter().find(|language| language.tag == **tag));
        language.unwrap_or(&self.english)
    }
}

/// The language, script and region of a tag; what stands behind them says how to write, and not in which language.
fn identifier(tag: &str) -> Option<LanguageIdentifier> {
    let end = tag.match_indices('-').map(|(at, _)| at).find(|at| tag[at + 1..].find('-') == Some(1));
    tag[..end.unwrap_or(tag.len())].parse().ok()
}
