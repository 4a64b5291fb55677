//! Envelopes: `{meta, data}` around most answers, nothing around some, `{error}` around refusals (contracts, 1 and 7).

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

/// The body of a success, before it has its tracing id.
#[derive(Debug)]
pub struct Body {
    data: Box<RawValue>,
    around: Around,
}

#[derive(Debug, Clone, Copy)]
enum Around {
    Nothing,
    Meta,
    List(usize, Option<Pagination>),
}

/// Which part of a list it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pagination {
    /// How many there are in all.
    pub total: usize,
    /// How many come before it.
    pub offset: usize,
    /// How many were asked for, if the call said so.
    pub limit: Option<usize>,
}

#[derive(Serialize)]
struct Envelope<'a> {
    meta: Meta<'a>,
    data: &'a RawValue,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta<'a> {
    tracing_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pagination: Option<PaginationView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PaginationView {
    total_count: usize,
    #[serde(rename = "self")]
    own: PageView,
}

#[derive(Serialize)]
struct PageView {
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<usize>,
    sort: &'static str,
    offset: usize,
}

impl Body {
    /// An object without an envelope.
    ///
    /// # Errors
    /// When it cannot be written as JSON, which none of ours is known to do.
    pub fn bare(data: impl Serialize) -> Result<Self, serde_json::Error> {
        Self::around(data, Around::Nothing)
    }

    /// `{meta, data}`.
    ///
    /// # Errors
    /// As [`Body::bare`].
    pub fn wrapped(data: impl Serialize) -> Result<Self, serde_json::Error> {
        Self::around(data, Around::Meta)
    }

    /// `{meta, data}` around a list, with its length and its place.
    ///
    /// # Errors
    /// As [`Body::bare`].
    pub fn list<T: Serialize>(items: &[T], pagination: Option<Pagination>) -> Result<Self, serde_json::Error> {
        Self::around(items, Around::List(items.len(), pagination))
    }

    /// The body of an answer with this tracing id.
    ///
    /// # Errors
    /// As [`Body::bare`].
    pub fn written(&self, tracing_id: &str) -> Result<String, serde_json::Error> {
        let (count, pagination) = match self.around {
            Around::Nothing => return Ok(self.data.get().to_owned()),
            Around::Meta => (None, None),
            Around::List(count, pagination) => (Some(count), pagination),
        };
        let pagination = pagination.map(|Pagination { total, offset, limit }| PaginationView {
            total_count: total,
            own: PageView { limit, sort: "-date", offset },
        });
        serde_json::to_string(&Envelope { meta: Meta { tracing_id, count, pagination }, data: &self.data })
    }

    fn around(data: impl Serialize, around: Around) -> Result<Self, serde_json::Error> {
        Ok(Self { data: to_raw_value(&data)?, around })
    }
}

/// A refusal's body.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure<'a> {
    /// Absent where the sample has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracing_id: Option<&'a str>,
    /// The HTTP status.
    pub code: u16,
    /// Its name: `BAD_REQUEST`.
    pub status: String,
    /// What is wrong, as a sentence.
    pub message: &'a str,
    /// `USER`, `INSTITUTION` or `YAPILY`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
    /// What the institution said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub institution_error: Option<InstitutionError<'a>>,
    /// What is wrong, as the enhanced envelope of hosted pages has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issues: Option<[Issue<'a>; 1]>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, Serialize)]
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

/// What an institution said, as a text.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstitutionError<'a> {
    /// The text.
    pub error_message: &'a str,
}

impl Failure<'_> {
    /// The whole body.
    ///
    /// # Errors
    /// When it cannot be written as JSON, which none of ours is known to do.
    pub fn written(&self) -> Result<String, serde_json::Error> {
        #[derive(Serialize)]
        struct Enveloped<'a> {
            error: &'a Failure<'a>,
        }
        serde_json::to_string(&Enveloped { error: self })
    }
}
