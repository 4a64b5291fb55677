//! The query of a list: which part of it, and what of it.

use actix_web::HttpRequest;
use url::form_urlencoded;

use crate::domain::invalid::Invalid;

/// How many entries one answer holds, unless the call says otherwise.
const LIMIT: usize = 50;

/// The most that it may say.
const MOST: usize = 200;

/// The part of a list that a call asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListQuery {
    /// How many entries, 1 to 200.
    pub limit: usize,
    /// Behind which entry; the list's own text.
    pub after: Option<String>,
    /// Which entries, where the list has a filter.
    pub state: Option<String>,
}

impl ListQuery {
    /// Reads it. `names` are the parameters that this list knows.
    ///
    /// # Errors
    /// When a parameter is unknown, given twice, or not what is expected.
    pub fn read(request: &HttpRequest, names: &[&str]) -> Result<Self, Invalid> {
        let mut read = Self { limit: LIMIT, after: None, state: None };
        let mut seen = Vec::new();
        for (name, value) in form_urlencoded::parse(request.query_string().as_bytes()) {
            let Some(name) = names.iter().find(|known| **known == name) else {
                let rule = "is not a parameter of this list";
                return Err(Invalid::new(name.into_owned(), rule).hint(format!("expected {}", names.join(", "))));
            };
            if seen.contains(name) {
                return Err(Invalid::new(*name, "is given twice"));
            }
            seen.push(*name);
            match *name {
                "limit" => read.limit = read_limit(&value)?,
                "after" => read.after = Some(value.into_owned()),
                _ => read.state = Some(value.into_owned()),
            }
        }
        Ok(read)
    }
}

fn read_limit(text: &str) -> Result<usize, Invalid> {
    let limit = text.parse().ok().filter(|limit| (1..=MOST).contains(limit));
    limit.ok_or_else(|| Invalid::new("limit", format!("is not a whole number from 1 to {MOST}")))
}
