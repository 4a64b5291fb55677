//! The first stage: texts, as the file and the environment hold them, each with its origin.
//!
//! Nothing is understood here but which setting a text is for. A key that no setting has is a mistake: a misspelt
//! setting that is silently ignored is found out in production.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::mistake::{Mistake, Origin};
use super::setting::{CONFIG, Form, PREFIX, Setting, nearest};
use crate::domain::Invalid;

/// A setting's text, which may be a secret, and where it was written.
pub struct Text {
    pub text: String,
    pub origin: Origin,
}

/// Whether there is a configuration file, and whether all of it was understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// There is none.
    NoFile,
    /// There is one.
    File,
    /// There is one that could not be read, so that what is missing may stand in it.
    BrokenFile,
}

/// The environment, for the values that the file says it holds.
#[derive(Default)]
pub struct Variables(Vec<(String, String)>);

impl Variables {
    /// The text of a variable.
    ///
    /// # Errors
    /// When it is not set.
    pub fn read(&self, name: &str) -> Result<String, Invalid> {
        let text = self.0.iter().find(|(own, _)| own == name).map(|(_, text)| text.clone());
        text.ok_or_else(|| Invalid::new("", format!("names the variable {name}, which is not set")))
    }
}

/// What was given, and the mistakes that were seen on the way.
pub struct Raw {
    known: &'static [Setting],
    values: Vec<(&'static Setting, Text)>,
    /// The tables of each setting that is one or a list of them, by its key.
    tables: Vec<(&'static str, Vec<Table>)>,
    pub variables: Variables,
    /// Where the tables stand.
    pub file: Origin,
    pub source: Source,
    pub mistakes: Vec<Mistake>,
}

impl Raw {
    /// Reads the file at `path`, else the one that `HANDBACK_CONFIG` names, else none; then the environment over it.
    /// There are no settings but those that are `known`.
    pub fn read(
        known: &'static [Setting],
        path: Option<PathBuf>,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let mut raw = Self {
            known,
            values: Vec::new(),
            tables: Vec::new(),
            variables: Variables(env.into_iter().collect()),
            file: Origin::Default,
            source: Source::NoFile,
            mistakes: Vec::new(),
        };
        let ours = raw.variables.0.iter().filter(|(name, _)| name.starts_with(PREFIX));
        let ours: Vec<(String, String)> = ours.cloned().collect();
        let named = ours.iter().find(|(name, _)| name == CONFIG).map(|(_, path)| PathBuf::from(path));
        match (path, named) {
            (Some(path), _) => raw.read_file(&path, Origin::Flag("--config")),
            (None, Some(path)) => raw.read_file(&path, Origin::Environment(CONFIG.to_owned())),
            (None, None) => {}
        }
        let named: Vec<String> = raw.tables.iter().flat_map(|(_, tables)| tables).flat_map(named_variables).collect();
        for (name, text) in ours.into_iter().filter(|(name, _)| !named.contains(name)) {
            raw.take_variable(name, text);
        }
        raw
    }

    /// The text of a setting, if it was given.
    pub fn text(&self, setting: &Setting) -> Option<&Text> {
        self.values.iter().rev().find(|(known, _)| *known == setting).map(|(_, text)| text)
    }

    /// The tables of a setting that is one or a list of them.
    pub fn tables(&self, setting: &Setting) -> &[Table] {
        let tables = self.tables.iter().find(|(key, _)| *key == setting.key);
        tables.map_or(&[], |(_, tables)| tables.as_slice())
    }

    fn read_file(&mut self, path: &Path, origin: Origin) {
        let table = std::fs::read_to_string(path)
            .map_err(|error| Invalid::new("", format!("names {}, which cannot be read ({error})", path.display())))
            .and_then(|text| {
                parse_table(&text).map_err(|why| Invalid::new("", format!("names {}: {why}", path.display())))
            });
        match table {
            Ok(table) => {
                self.source = Source::File;
                self.file = Origin::File(path.to_owned());
                self.take_table("", table);
            }
            Err(invalid) => {
                self.source = Source::BrokenFile;
                self.mistakes.push(Mistake::new("config", origin, &invalid.hint("expected a TOML file")));
            }
        }
    }

    /// Takes every leaf below `prefix`, under its dotted key.
    fn take_table(&mut self, prefix: &str, table: Table) {
        for (name, value) in table {
            let key = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
            match (value, self.known.iter().find(|setting| setting.key == key)) {
                (Value::Table(table), None) if !table.is_empty() => self.take_table(&key, table),
                (Value::Table(_), None) if !self.within(&key).is_empty() => {}
                (_, None) if !self.within(&key).is_empty() => {
                    let invalid = Invalid::new("", "is a table of settings, not a setting")
                        .hint(format!("expected one of {}", self.within(&key).join(", ")));
                    self.mistakes.push(Mistake::new(key, self.file.clone(), &invalid));
                }
                (_, None) => {
                    let keys = self.known.iter().map(|setting| setting.key);
                    self.refuse_unknown(&key, keys, self.file.clone());
                }
                (value, Some(setting)) => self.take_value(setting, value),
            }
        }
    }

    fn take_value(&mut self, setting: &'static Setting, value: Value) {
        let invalid = match (setting.form, value) {
            (Form::Tables, Value::Array(items)) if items.iter().all(Value::is_table) => {
                let tables = items.into_iter().filter_map(|item| item.try_into().ok()).collect();
                self.tables.push((setting.key, tables));
                return;
            }
            (Form::Table, Value::Table(table)) => {
                self.tables.push((setting.key, vec![table]));
                return;
            }
            (Form::Table, _) => Invalid::new("", "is not a table").hint(format!("expected [{}]", setting.key)),
            (Form::Tables, _) => {
                Invalid::new("", "is not a list of tables").hint(format!("expected [[{}]] before each", setting.key))
            }
            (form, value) => match text_of(value, form) {
                Some(text) => return self.values.push((setting, Text { text, origin: self.file.clone() })),
                None if form == Form::List => {
                    Invalid::new("", "is not a list of texts").hint("expected an array such as [\"shopapp\"]")
                }
                None => Invalid::new("", "is a list or a table").hint("expected one value"),
            },
        };
        self.mistakes.push(Mistake::new(setting.key, self.file.clone(), &invalid));
    }

    fn take_variable(&mut self, name: String, text: String) {
        match self.known.iter().find(|setting| setting.env == Some(&name)) {
            Some(setting) => self.values.push((setting, Text { text, origin: Origin::Environment(name) })),
            None if name == CONFIG || is_of_kubernetes(&name, &text) => {}
            None => {
                let names = self.known.iter().filter_map(|setting| setting.env).chain([CONFIG]);
                self.refuse_unknown(&name, names, Origin::Environment(name.clone()));
            }
        }
    }

    fn refuse_unknown<'a>(&mut self, key: &str, known: impl Iterator<Item = &'a str>, origin: Origin) {
        let invalid = Invalid::new("", "is not a setting");
        // What all of them begin with makes none of them alike.
        let prefix = if key.starts_with(PREFIX) { PREFIX } else { "" };
        let names = known.map(|name| name.strip_prefix(prefix).unwrap_or(name));
        let invalid = match nearest(key.strip_prefix(prefix).unwrap_or(key), names) {
            Some(near) => invalid.hint(format!("did you mean {prefix}{near}?")),
            None => invalid.hint("the settings are listed in docs/OPERATING.md"),
        };
        self.mistakes.push(Mistake::new(key, origin, &invalid));
    }

    /// The keys of the settings in the table of this name.
    fn within(&self, table: &str) -> Vec<&'static str> {
        let inside = |key: &str| key.strip_prefix(table).is_some_and(|rest| rest.starts_with('.'));
        self.known.iter().map(|setting| setting.key).filter(|key| inside(key)).collect()
    }
}

/// The variables that a table says hold a value of its.
fn named_variables(table: &Table) -> Vec<String> {
    let named = |(key, value): (&String, &Value)| match value {
        Value::Table(inner) => named_variables(inner),
        Value::String(name) if key.ends_with("_env") => vec![name.clone()],
        _ => Vec::new(),
    };
    table.iter().flat_map(named).collect()
}

/// Reads TOML. Its own errors quote the line, which may hold a secret; ours give its number.
fn parse_table(text: &str) -> Result<Table, String> {
    text.parse::<Table>().map_err(|error| match error.span() {
        Some(span) => {
            let line = 1 + text.bytes().take(span.start).filter(|b| *b == b'\n').count();
            format!("line {line} is not valid TOML ({})", error.message().replace('\n', " "))
        }
        None => "it is not valid TOML".to_owned(),
    })
}

fn text_of(value: Value, form: Form) -> Option<String> {
    match (value, form) {
        (Value::String(text), _) => Some(text),
        (Value::Array(items), Form::List) => {
            let texts = items.into_iter().map(|item| match item {
                Value::String(text) => Some(text),
                Value::Integer(number) => Some(number.to_string()),
                _ => None,
            });
            Some(texts.collect::<Option<Vec<_>>>()?.join(","))
        }
        (_, Form::List) | (Value::Array(_) | Value::Table(_), _) => None,
        (Value::Integer(number), _) => Some(number.to_string()),
        (Value::Float(number), _) => Some(number.to_string()),
        (Value::Boolean(word), _) => Some(word.to_string()),
        (Value::Datetime(moment), _) => Some(moment.to_string()),
    }
}

/// Whether Kubernetes set this variable, as it does in every pod beside a Service that is named `handback`.
fn is_of_kubernetes(name: &str, text: &str) -> bool {
    let rest = name.strip_prefix(PREFIX).unwrap_or_default();
    let numbered = rest.strip_prefix("PORT_").is_some_and(|port| port.starts_with(|c: char| c.is_ascii_digit()));
    rest == "SERVICE_HOST" || rest.starts_with("SERVICE_PORT") || numbered || (rest == "PORT" && text.contains("://"))
}
