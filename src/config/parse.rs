//! The second stage: texts become domain types, and all mistakes are collected.
//!
//! A value that breaks a rule is noted and its default taken instead, so that the other values are looked at as well; a
//! configuration with a mistake is never handed out.

use std::{net::SocketAddr, ops::RangeInclusive, path::Path, time::Duration};

use super::console::{self, ConsoleOidcConfig};
use super::institution::{self, InstitutionConfig};
use super::mistake::{Mistakes, Origin, repeating};
use super::provider::ProviderConfig;
use super::raw::{Raw, Source, Text};
use super::setting::{Form, Setting};
use super::store::{KeySource, StoreConfig};
use super::{Line, languages, provider, section::Notes, span, values};
use crate::domain::{EmailAddress, Invalid, PublicUrl};
use crate::keys::Keys;
use crate::language::Languages;
use crate::mail::SmtpUrl;

/// Where the embedded store lives unless the operator says otherwise.
pub const DATA_FOLDER: &str = "./handback-data";

/// Takes the texts one by one, and notes what came of each.
pub struct Reader {
    raw: Raw,
    /// Whether this is the demo, once it is known where browsers reach it.
    pub demo: bool,
    notes: Notes,
}

impl Reader {
    /// Nothing read yet.
    pub fn new(mut raw: Raw) -> Self {
        let (variables, mistakes) = (std::mem::take(&mut raw.variables), std::mem::take(&mut raw.mistakes));
        Self { notes: Notes::new(raw.file.clone(), variables, mistakes), raw, demo: false }
    }

    /// The value of a setting, to be read.
    pub const fn value(&mut self, setting: &'static Setting) -> Value<'_> {
        Value { reader: self, setting }
    }

    /// A line for each value.
    ///
    /// # Errors
    /// With every mistake.
    pub fn end(self) -> Result<Vec<Line>, Mistakes> {
        self.notes.note("demo", self.demo.to_string(), Origin::Derived);
        let (mistakes, lines) = self.notes.into_parts();
        if mistakes.is_empty() { Ok(lines) } else { Err(Mistakes(mistakes)) }
    }
}

/// The value of one setting, to be read in one of these ways. Without a text, or with a wrong one, it is the default.
pub struct Value<'a> {
    reader: &'a mut Reader,
    setting: &'static Setting,
}

impl Value<'_> {
    /// What `parse` makes of the text.
    pub fn parsed<T>(
        self,
        default: T,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
        shown: impl FnOnce(&T) -> String,
    ) -> T {
        let Self { reader, setting } = self;
        let (value, origin) = match reader.raw.text(setting) {
            None => (default, Origin::Default),
            Some(Text { text, origin }) => {
                let value = check_blank(text).and_then(|()| parse(text)).unwrap_or_else(|invalid| {
                    let silent = setting.form == Form::Secret || text.trim().is_empty();
                    let invalid = if silent { invalid } else { repeating(text, &invalid) };
                    reader.notes.refuse_at(setting.key, origin.clone(), &invalid);
                    default
                });
                (value, origin.clone())
            }
        };
        reader.notes.note(setting.key, shown(&value), origin);
        value
    }

    /// What `parse` makes of the text, or none; people see none as `none`.
    pub fn optional<T: ToString>(
        self,
        none: &str,
        parse: impl FnOnce(&str) -> Result<Option<T>, Invalid>,
    ) -> Option<T> {
        self.parsed(None, parse, |value| value.as_ref().map_or_else(|| none.to_owned(), ToString::to_string))
    }

    /// What `parse` makes of each entry of the text.
    pub fn list<T: ToString>(self, default: Vec<T>, parse: impl Fn(&str) -> Result<T, Invalid>) -> Vec<T> {
        self.parsed(
            default,
            |text| values::each(text, parse),
            |entries| match entries.as_slice() {
                [] => "none".to_owned(),
                entries => entries.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
            },
        )
    }

    /// A span of time within `bounds`.
    pub fn span(self, default: Duration, bounds: RangeInclusive<Duration>) -> Duration {
        let parse = |text: &str| span::parse(text, *bounds.start(), *bounds.end());
        self.parsed(default, parse, |span| span::written(*span))
    }

    /// The languages that are compiled in, and what the files of a folder change or add, with everything that is wrong
    /// in them.
    pub fn languages(self) -> Languages {
        let Self { reader, setting } = self;
        let Some(Text { text, origin }) = reader.raw.text(setting) else {
            reader.notes.note(setting.key, "none".to_owned(), Origin::Default);
            return Languages::built_in();
        };
        let (languages, wrong) = languages::read(Path::new(text));
        for invalid in &wrong {
            reader.notes.refuse_at(setting.key, origin.clone(), invalid);
        }
        reader.notes.note(setting.key, text.to_owned(), origin.clone());
        languages
    }

    /// `true` or `false`; by default `true` in the demo alone.
    pub fn flag_of_the_demo(self) -> bool {
        let default = self.reader.demo;
        self.parsed(default, values::flag, ToString::to_string)
    }

    /// The public address, with which it is known whether this is the demo. It is missing where browsers are not on
    /// this machine.
    pub fn public_url(self, listen: SocketAddr) -> Option<PublicUrl> {
        if !listen.ip().is_loopback() {
            let invalid = Invalid::new("", format!("is missing, while {listen} is not loopback"));
            self.need(&invalid.hint("expected the address that browsers use, https://pay.example"));
        }
        let Self { reader, setting } = self;
        let own = PublicUrl::of_server(listen);
        let parse = |text: &str| PublicUrl::parse(text).map(Some);
        let shown = |given: &Option<PublicUrl>| given.as_ref().unwrap_or(&own).as_str().to_owned();
        let given = reader.value(setting).parsed(None, parse, shown);
        let local = listen.ip().is_loopback() && given.as_ref().is_none_or(PublicUrl::is_loopback);
        reader.demo = local && reader.raw.source == Source::NoFile;
        given
    }

    /// The operator's keys, by default a file beside the data. They are missing where nodes share a Redis.
    pub fn keys(self, store: &StoreConfig) -> KeySource {
        let folder = match store {
            StoreConfig::Embedded(folder) => folder,
            StoreConfig::Redis(_) => Path::new(DATA_FOLDER),
        };
        if !self.reader.demo && matches!(store, StoreConfig::Redis(_)) {
            let invalid = Invalid::new("", "are missing: nodes that share a Redis share the keys");
            self.need(&invalid.hint("make one with `handback keys new`"));
        }
        let parse = |text: &str| Keys::parse(text).map(KeySource::Given);
        self.parsed(KeySource::File(folder.join("keys")), parse, |source| match source {
            KeySource::Given(keys) => format!("given, the current one is {}", keys.current()),
            KeySource::File(path) => format!("in the file {}", path.display()),
        })
    }

    /// The institutions, each with a line for each of its values.
    pub fn institutions(self, sandbox: bool, providers: &[ProviderConfig]) -> Vec<InstitutionConfig> {
        let Self { reader, setting } = self;
        institution::institutions(reader.raw.tables(setting), (sandbox, providers), &reader.notes)
    }

    /// The providers, each with a line for each of its values.
    pub fn providers(self) -> Vec<ProviderConfig> {
        let Self { reader, setting } = self;
        provider::providers(reader.raw.tables(setting), &reader.notes)
    }

    /// The OpenID provider by which people sign in to the console, with a line for each of its values.
    pub fn console_oidc(self) -> Option<ConsoleOidcConfig> {
        let Self { reader, setting } = self;
        console::oidc(reader.raw.tables(setting), &reader.notes)
    }

    /// The sender of mail, which is missing where there is a server.
    pub fn sender(self, server: Option<&SmtpUrl>) -> Option<EmailAddress> {
        if server.is_some() {
            let invalid = Invalid::new("", "is missing, while mail.smtp_url names a server");
            self.need(&invalid.hint("expected such as no-reply@pay.example"));
        }
        self.optional("none", |text| EmailAddress::parse(text).map(Some))
    }

    /// Notes that the setting is missing when it has no text, unless it may stand in a file that was not understood.
    fn need(&self, invalid: &Invalid) {
        let Reader { raw, notes, .. } = &*self.reader;
        if raw.text(self.setting).is_none() && raw.source != Source::BrokenFile {
            notes.refuse_at(self.setting.key, Origin::Default, invalid);
        }
    }
}

fn check_blank(text: &str) -> Result<(), Invalid> {
    if text.trim().is_empty() {
        return Err(Invalid::new("", "is blank").hint("leave it out for the default"));
    }
    Ok(())
}
