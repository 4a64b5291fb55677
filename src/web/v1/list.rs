//! The query of a list: which part of it, and what of it.

use std::{borrow::Cow, collections::BTreeMap};

use actix_web::HttpRequest;
use url::form_urlencoded;

use crate::domain::{AuditPlace, Invalid, UnixMillis};
use crate::engine::{DeliveryCursor, EventCursor, JourneyCursor};

/// How many entries one answer holds, unless the call says otherwise.
const LIMIT: usize = 50;

/// The most that it may say.
const MOST: usize = 200;

/// The part of a list that a call asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct ListQuery {
    /// How many entries, 1 to 200.
    pub limit: usize,
    after: Option<String>,
    /// The filters of the list, by their names.
    filters: BTreeMap<String, String>,
}

/// A place in a list, as the `next` of an answer says it.
pub(in crate::web) trait Place: Sized {
    /// Writes it.
    fn write(&self) -> String;

    /// Reads what was written; `None` of anything else.
    fn read(text: &str) -> Option<Self>;
}

impl Place for JourneyCursor {
    fn write(&self) -> String {
        format!("{}-{}", self.opened_at.as_millis(), self.pay_id)
    }

    fn read(text: &str) -> Option<Self> {
        let (opened_at, pay_id) = text.split_once('-')?;
        Some(Self { opened_at: UnixMillis::from_millis(opened_at.parse().ok()?), pay_id: pay_id.parse().ok()? })
    }
}

impl Place for DeliveryCursor {
    fn write(&self) -> String {
        let Self { at, pay_id, event, target } = self;
        format!("{}-{pay_id}-{event}-{target}", at.as_millis())
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, '-');
        Some(Self {
            at: UnixMillis::from_millis(parts.next()?.parse().ok()?),
            pay_id: parts.next()?.parse().ok()?,
            event: parts.next()?.parse().ok()?,
            target: parts.next()?.parse().ok()?,
        })
    }
}

impl Place for EventCursor {
    fn write(&self) -> String {
        let Self { at, pay_id, event } = self;
        format!("{}-{pay_id}-{event}", at.as_millis())
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-');
        Some(Self {
            at: UnixMillis::from_millis(parts.next()?.parse().ok()?),
            pay_id: parts.next()?.parse().ok()?,
            event: parts.next()?.parse().ok()?,
        })
    }
}

impl Place for AuditPlace {
    fn write(&self) -> String {
        format!("{}-{}", self.at.as_millis(), self.mark)
    }

    fn read(text: &str) -> Option<Self> {
        let (at, mark) = text.split_once('-')?;
        Some(Self { at: UnixMillis::from_millis(at.parse().ok()?), mark: mark.parse().ok()? })
    }
}

impl ListQuery {
    /// The place behind which this part begins.
    ///
    /// # Errors
    /// When it is none that an answer has said.
    pub fn place<P: Place>(&self) -> Result<Option<P>, Invalid> {
        let refused = || Invalid::new("after", "is not a place in the list").hint("expected the value of next");
        self.after.as_deref().map(|text| P::read(text).ok_or_else(refused)).transpose()
    }

    /// The filters `name[MEMBER]` that are given, by their members.
    pub fn members<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let given = self.filters.iter();
        given.filter_map(move |(filter, value)| {
            Some((member(filter).filter(|(own, _)| *own == name)?.1, value.as_str()))
        })
    }

    /// The value of a filter, if it is given.
    pub fn filter(&self, name: &str) -> Option<&str> {
        self.filters.get(name).map(String::as_str)
    }

    /// Where the part behind these entries begins; `None` where they are the last.
    pub fn next<T, P: Place>(&self, entries: &[T], place_of: impl FnOnce(&T) -> P) -> Option<String> {
        entries.last().filter(|_| entries.len() == self.limit).map(|last| place_of(last).write())
    }

    /// Reads it. `names` are the parameters that this list knows; `metadata[NAME]` stands for each `metadata[…]`.
    ///
    /// # Errors
    /// When a parameter is unknown, given twice, or not what is expected.
    pub fn read(request: &HttpRequest, names: &[&str]) -> Result<Self, Invalid> {
        Self::read_pairs(form_urlencoded::parse(request.query_string().as_bytes()), names)
    }

    /// Reads it from these parameters, as [`ListQuery::read`] does.
    ///
    /// # Errors
    /// As [`ListQuery::read`].
    pub fn read_pairs<'a>(
        pairs: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
        names: &[&str],
    ) -> Result<Self, Invalid> {
        let mut read = Self { limit: LIMIT, after: None, filters: BTreeMap::new() };
        let mut seen = Vec::new();
        for (name, value) in pairs {
            let form = member(&name).map(|(own, _)| format!("{own}[NAME]"));
            if !names.iter().any(|known| *known == name || Some(*known) == form.as_deref()) {
                let rule = "is not a parameter of this list";
                return Err(Invalid::new(name.into_owned(), rule).hint(format!("expected {}", names.join(", "))));
            }
            if seen.contains(&name) {
                return Err(Invalid::new(name.into_owned(), "is given twice"));
            }
            seen.push(name.clone());
            match &*name {
                "limit" => read.limit = read_limit(&value)?,
                "after" => read.after = Some(value.into_owned()),
                filter => drop(read.filters.insert(filter.to_owned(), value.into_owned())),
            }
        }
        Ok(read)
    }
}

/// The name and the member of `name[MEMBER]`.
fn member(filter: &str) -> Option<(&str, &str)> {
    filter.strip_suffix(']')?.split_once('[').filter(|(_, member)| !member.is_empty())
}

fn read_limit(text: &str) -> Result<usize, Invalid> {
    let limit = text.parse().ok().filter(|limit| (1..=MOST).contains(limit));
    limit.ok_or_else(|| Invalid::new("limit", format!("is not a whole number from 1 to {MOST}")))
}
