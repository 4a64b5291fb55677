//! The texts of one file.

use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

/// The texts of a file, with the plurals of a language.
pub(super) struct Messages(FluentBundle<FluentResource>);

impl Messages {
    /// Reads a file; what is wrong in it is left out.
    pub(super) fn read(tag: &LanguageIdentifier, file: &str) -> Self {
        let texts = FluentResource::try_new(file.to_owned()).unwrap_or_else(|(texts, _)| texts);
        let mut bundle = FluentBundle::new_concurrent(vec![tag.clone()]);
        // Pages set names apart themselves, so that they can be copied without marks that nobody sees.
        bundle.set_use_isolating(false);
        bundle.add_resource_overriding(texts);
        Self(bundle)
    }

    /// The text of this key with these values; `None` where it is not in the file, or wants others.
    pub(super) fn said(&self, key: &str, values: &FluentArgs<'_>) -> Option<String> {
        let text = self.0.get_message(key)?.value()?;
        let mut mistakes = Vec::new();
        let said = self.0.format_pattern(text, Some(values), &mut mistakes).into_owned();
        mistakes.is_empty().then_some(said)
    }
}
