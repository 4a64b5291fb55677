//! A table of the file that stands for one thing of many, such as an institution: read key by key, and what nobody has
//! asked for is a mistake.
//!
//! A value that breaks a rule is noted, and the reader goes on with another in its place, so that all mistakes are
//! seen.

use std::{cell::RefCell, fmt::Display};

use toml::{Table, Value};

use super::mistake::{Mistake, Origin, repeating};
use super::{Line, raw::Variables, setting::nearest};
use crate::domain::{Invalid, Secret};

/// What came of reading: the mistakes, and a line for each value.
pub struct Notes {
    origin: Origin,
    variables: Variables,
    mistakes: RefCell<Vec<Mistake>>,
    lines: RefCell<Vec<Line>>,
}

impl Notes {
    /// No value read yet, and these mistakes; `origin` is the file.
    pub const fn new(origin: Origin, variables: Variables, mistakes: Vec<Mistake>) -> Self {
        Self { origin, variables, mistakes: RefCell::new(mistakes), lines: RefCell::new(Vec::new()) }
    }

    /// Notes a mistake at this key of the file.
    pub fn refuse(&self, key: impl Into<String>, invalid: &Invalid) {
        self.refuse_at(key, self.origin.clone(), invalid);
    }

    /// Notes a mistake at this key, which was written there.
    pub fn refuse_at(&self, key: impl Into<String>, origin: Origin, invalid: &Invalid) {
        self.mistakes.borrow_mut().push(Mistake::new(key, origin, invalid));
    }

    /// The file that the tables stand in.
    pub fn origin(&self) -> Origin {
        self.origin.clone()
    }

    /// Whether there is a mistake at a key that begins so.
    pub fn has_refused(&self, start: &str) -> bool {
        self.mistakes.borrow().iter().any(|mistake| mistake.key.starts_with(start))
    }

    /// Notes a value as people may see it.
    pub fn note(&self, key: impl Into<String>, value: String, origin: Origin) {
        self.lines.borrow_mut().push(Line { key: key.into(), value, origin });
    }

    /// The mistakes and the lines.
    pub fn into_parts(self) -> (Vec<Mistake>, Vec<Line>) {
        (self.mistakes.into_inner(), self.lines.into_inner())
    }
}

/// One table, at its path, such as `institution[2].bank`.
pub struct Section<'a> {
    path: String,
    table: &'a Table,
    known: Vec<String>,
    notes: &'a Notes,
}

impl<'a> Section<'a> {
    /// The table that stands at this path.
    pub const fn new(path: String, table: &'a Table, notes: &'a Notes) -> Self {
        Self { path, table, known: Vec::new(), notes }
    }

    /// The path of a key in this table.
    pub fn path_of(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }

    /// Notes a mistake at a key of this table.
    pub fn refuse(&self, key: &str, invalid: &Invalid) {
        self.notes.refuse(self.path_of(key), invalid);
    }

    /// Notes a value of this table as people may see it.
    pub fn show(&self, key: &str, value: impl Into<String>) {
        let origin = if self.table.contains_key(key) { self.notes.origin.clone() } else { Origin::Default };
        self.notes.note(self.path_of(key), value.into(), origin);
    }

    /// A value as it stands there.
    pub fn value(&mut self, key: &str) -> Option<&'a Value> {
        self.known.push(key.to_owned());
        self.table.get(key)
    }

    /// A text that is not blank.
    pub fn text(&mut self, key: &str) -> Option<&'a str> {
        let value = self.value(key)?;
        let text = value.as_str().filter(|text| !text.trim().is_empty());
        if text.is_none() {
            self.refuse(key, &Invalid::new("", "is not a text, or is blank").hint("expected \"…\""));
        }
        text
    }

    /// Notes that a key has to be there, unless it is.
    pub fn need(&self, key: &str, hint: &str) {
        if !self.table.contains_key(key) {
            self.refuse(key, &Invalid::new("", "is missing").hint(hint));
        }
    }

    /// A text that has to be there, as `parse` understands it; `None` when there is a mistake.
    pub fn needed<T: Display>(
        &mut self,
        key: &str,
        hint: &str,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        self.need(key, hint);
        let value = self.read(key, parse)?;
        self.show(key, value.to_string());
        Some(value)
    }

    /// What `parse` makes of a text; `None` when it is not there, or a mistake.
    fn read<T>(&mut self, key: &str, parse: impl FnOnce(&str) -> Result<T, Invalid>) -> Option<T> {
        let text = self.text(key)?;
        parse(text).map_err(|invalid| self.refuse(key, &repeating(text, &invalid))).ok()
    }

    /// A text that has to be there, as it is; `None` when there is a mistake.
    pub fn verbatim(&mut self, key: &str, hint: &str) -> Option<String> {
        self.needed(key, hint, |text| Ok(text.to_owned()))
    }

    /// A text as `parse` understands it, or the default.
    pub fn parsed<T>(
        &mut self,
        key: &str,
        default: T,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
        shown: impl FnOnce(&T) -> String,
    ) -> T {
        let value = self.read(key, parse).unwrap_or(default);
        self.show(key, shown(&value));
        value
    }

    /// One of these words, the first of them unless it is said.
    pub fn word<T: Copy>(&mut self, key: &str, words: &[(&'static str, T)]) -> Option<T> {
        let first = words.first()?;
        let Some(text) = self.text(key) else {
            self.show(key, first.0);
            return Some(first.1);
        };
        let Some((name, value)) = words.iter().find(|(name, _)| *name == text) else {
            let names = words.iter().map(|(name, _)| *name);
            let invalid = Invalid::new("", "is not a valid value");
            let near = nearest(text, names.clone()).map(|near| format!("did you mean {near}? "));
            let all = names.collect::<Vec<_>>().join(", ");
            self.refuse(key, &repeating(text, &invalid.hint(format!("{}expected {all}", near.unwrap_or_default()))));
            return None;
        };
        self.show(key, *name);
        Some(*value)
    }

    /// `true` or `false`; `false` unless it is said.
    pub fn yes(&mut self, key: &str) -> bool {
        let yes = match self.value(key) {
            None => false,
            Some(Value::Boolean(yes)) => *yes,
            Some(_) => {
                self.refuse(key, &Invalid::new("", "is neither true nor false"));
                false
            }
        };
        self.show(key, yes.to_string());
        yes
    }

    /// A list of texts; `None` when it is not there, or none.
    pub fn texts(&mut self, key: &str) -> Option<Vec<String>> {
        let value = self.value(key)?;
        let items = value.as_array().map(|items| items.iter().map(|item| item.as_str().map(str::to_owned)));
        let texts = items.and_then(Iterator::collect::<Option<Vec<_>>>);
        if texts.is_none() {
            self.refuse(key, &Invalid::new("", "is not a list of texts").hint("expected such as [\"one\", \"two\"]"));
        }
        texts
    }

    /// The items of a list, each at its path; none when it is not there.
    pub fn items(&mut self, key: &str) -> Vec<(String, &'a Value)> {
        match self.value(key) {
            None => Vec::new(),
            Some(Value::Array(items)) => {
                items.iter().enumerate().map(|(n, item)| (format!("{}[{n}]", self.path_of(key)), item)).collect()
            }
            Some(_) => {
                self.refuse(key, &Invalid::new("", "is not a list").hint("expected [ … ]"));
                Vec::new()
            }
        }
    }

    /// A table inside this one, and whether it is there.
    pub fn inner(&mut self, key: &str) -> Option<Self> {
        if let Value::Table(table) = self.value(key)? {
            return Some(Section::new(self.path_of(key), table, self.notes));
        }
        self.refuse(key, &Invalid::new("", "is not a table"));
        None
    }

    /// A text that is not shown: here (`key`), in a variable (`key_env`) or in a file (`key_file`). The end of line
    /// that editors leave is no part of it.
    pub fn hidden(&mut self, key: &str) -> Option<Secret> {
        let (variable, file) = (format!("{key}_env"), format!("{key}_file"));
        let given = [(key, self.text(key)), (&variable, self.text(&variable)), (&file, self.text(&file))];
        let given: Vec<_> = given.into_iter().filter_map(|(key, text)| Some((key, text?))).collect();
        if given.len() > 1 {
            let rule = format!("is said twice, also by {}", given[1].0);
            self.refuse(given[0].0, &Invalid::new("", rule).hint("expected one of them"));
        }
        let (said, text) = *given.first()?;
        let (hidden, shown) = if said == key {
            (Ok(text.to_owned()), "given".to_owned())
        } else if said == variable {
            (self.notes.variables.read(text), format!("in the variable {text}"))
        } else {
            let read = std::fs::read_to_string(text);
            let unread = |error| Invalid::new("", format!("names {text}, which cannot be read ({error})"));
            (read.map_err(unread), format!("in the file {text}"))
        };
        let hidden = hidden.and_then(|hidden| match hidden.trim_end_matches(['\r', '\n']) {
            "" => Err(Invalid::new("", format!("names {text}, which is empty"))),
            hidden => Ok(Secret::new(hidden)),
        });
        match hidden {
            Ok(hidden) => {
                self.show(said, shown);
                Some(hidden)
            }
            Err(invalid) => {
                self.refuse(said, &invalid);
                None
            }
        }
    }

    /// Whether a hidden text was said, be it well or not.
    pub fn says_hidden(&self, key: &str) -> bool {
        ["", "_env", "_file"].iter().any(|end| self.table.contains_key(&format!("{key}{end}")))
    }

    /// Notes every key that nobody has asked for.
    pub fn end(self) {
        for key in self.table.keys().filter(|key| !self.known.contains(key)) {
            let invalid = Invalid::new("", "is not a setting");
            let invalid = match nearest(key, self.known.iter().map(String::as_str)) {
                Some(near) => invalid.hint(format!("did you mean {near}?")),
                None => invalid.hint(format!("expected one of {}", self.known.join(", "))),
            };
            self.refuse(key, &invalid);
        }
    }
}
