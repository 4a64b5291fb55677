//! Envelopes: `{meta, data}` around most answers, nothing around some, `{error}` around refusals (contracts, 1 and 7).

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_with::skip_serializing_none;

/// The body of a success, before it has its tracing id.
#[derive(Debug, Serialize)]
pub struct Body {
    /// `None` of an object without an envelope.
    meta: Option<Meta>,
    data: Box<RawValue>,
}

#[skip_serializing_none]
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    tracing_id: String,
    count: Option<usize>,
    pagination: Option<Pagination>,
}

/// Which part of a list it is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    total_count: usize,
    #[serde(rename = "self")]
    own: PageView,
}

#[skip_serializing_none]
#[derive(Debug, Serialize)]
struct PageView {
    limit: Option<usize>,
    sort: &'static str,
    offset: usize,
}

impl Body {
    /// An object without an envelope.
    ///
    /// # Errors
    /// When it cannot be written as JSON, which none of ours is known to do.
    pub fn bare(data: impl Serialize) -> serde_json::Result<Self> {
        Ok(Self { meta: None, data: to_raw_value(&data)? })
    }

    /// `{meta, data}`.
    ///
    /// # Errors
    /// As [`Body::bare`].
    pub fn wrapped(data: impl Serialize) -> serde_json::Result<Self> {
        Ok(Self { meta: Some(Meta::default()), ..Self::bare(data)? })
    }

    /// `{meta, data}` around a list, with its length and its place.
    ///
    /// # Errors
    /// As [`Body::bare`].
    pub fn list<T: Serialize>(items: &[T], pagination: Option<Pagination>) -> serde_json::Result<Self> {
        let meta = Meta { count: Some(items.len()), pagination, ..Meta::default() };
        Ok(Self { meta: Some(meta), ..Self::bare(items)? })
    }

    /// The body of an answer with this tracing id.
    ///
    /// # Errors
    /// As [`Body::bare`].
    pub fn written(mut self, tracing_id: &str) -> serde_json::Result<String> {
        let Some(meta) = &mut self.meta else { return Ok(self.data.get().to_owned()) };
        tracing_id.clone_into(&mut meta.tracing_id);
        serde_json::to_string(&self)
    }
}

impl Pagination {
    /// The part behind `offset` of so many in all; `limit` is how many were asked for, if the call has one.
    pub const fn new(total: usize, offset: usize, limit: Option<usize>) -> Self {
        Self { total_count: total, own: PageView { limit, sort: "-date", offset } }
    }
}

/// The message of a refusal, and who caused it.
#[skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Words {
    /// What is wrong, as a sentence.
    pub message: String,
    /// `USER`, `INSTITUTION` or `YAPILY`.
    pub source: Option<&'static str>,
    /// The institution's own error.
    pub institution_error: Option<InstitutionError>,
}

/// An institution's error, as a text.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstitutionError {
    /// The text.
    pub error_message: String,
}

/// A refusal's body.
#[skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure<'a> {
    /// Absent where the sample has none.
    pub tracing_id: Option<&'a str>,
    /// The HTTP status.
    pub code: u16,
    /// Its name: `BAD_REQUEST`.
    pub status: String,
    /// What is wrong.
    #[serde(flatten)]
    pub words: &'a Words,
    /// What is wrong, as the enhanced envelope of hosted pages has it.
    pub issues: Option<[Issue<'a>; 1]>,
}

/// One thing that is wrong.
#[derive(Debug, Serialize)]
pub struct Issue<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    code: u16,
    message: &'a str,
}

impl<'a> Issue<'a> {
    /// The issue of a refusal with this status: Yapily's own codes, as far as they are known (contracts, section 7).
    pub const fn of(status: u16, message: &'a str) -> Self {
        let (kind, code) = match status {
            401 => ("CREDENTIALS", 10_700),
            403 | 404 | 405 | 409 => ("INVALID_REQUEST", 10_800),
            408 => ("TIMEOUT", 11_001),
            424 => ("THIRD_PARTY", 11_003),
            500.. => ("INTERNAL", 11_000),
            _ => ("BAD_REQUEST", 10_600),
        };
        Self { kind, code, message }
    }
}

impl Failure<'_> {
    /// The whole body.
    ///
    /// # Errors
    /// As [`Body::bare`].
    pub fn written(&self) -> serde_json::Result<String> {
        #[derive(Serialize)]
        struct Enveloped<'a> {
            error: &'a Failure<'a>,
        }
        serde_json::to_string(&Enveloped { error: self })
    }
}
