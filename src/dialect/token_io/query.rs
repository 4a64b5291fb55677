//! The filters of `GET /v2/payments` (contracts, section 2).

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;

use super::ids::payment_id;
use super::payment::Standing;
use super::refusal::Refusal;
use super::request::INITIATION;
use super::status::Status;
use super::{NAME, extra, flag, moments};
use crate::domain::invalid::Invalid;
use crate::domain::journey::Journey;
use crate::domain::moment::Moment;

/// The most payments of one answer.
const MOST: usize = 200;

/// Which payments are asked for. The values of one filter are alternatives, and every filter has to be met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// How many are asked for, at the most: 1 to 200.
    pub limit: usize,
    /// Where it begins.
    pub offset: Offset,
    /// Only what was opened then or later.
    pub created_after: Option<Moment>,
    /// Only what was opened earlier.
    pub created_before: Option<Moment>,
    ids: Listed,
    statuses: Listed,
    ref_ids: Vec<String>,
    on_behalf_of: Option<String>,
    external_psu: Option<String>,
    nothing: bool,
}

/// Where an answer begins: what the answer before called `nextOffset`.
///
/// Usually it is how many come before. A list that was not looked at to its end goes on at the moment where the look
/// stopped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Offset {
    /// Only what was opened earlier is looked at.
    pub before: Option<Moment>,
    /// How many of those come before the first one.
    pub skip: usize,
}

impl Offset {
    fn parse(value: &str) -> Option<Self> {
        match value.split_once('-') {
            _ if value.is_empty() => Some(Self::default()),
            None => Some(Self { before: None, skip: value.parse().ok()? }),
            Some((before, skip)) => {
                Some(Self { before: Some(Moment::from_millis(before.parse().ok()?)), skip: skip.parse().ok()? })
            }
        }
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(before) = self.before {
            write!(f, "{}-", before.as_millis())?;
        }
        write!(f, "{}", self.skip)
    }
}

/// Values, one of which it has to be; or none of which.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Listed {
    values: Vec<String>,
    inverted: bool,
}

impl Listed {
    fn admits(&self, value: &str) -> bool {
        self.values.is_empty() || self.values.iter().any(|one| one == value) != self.inverted
    }
}

/// What of an initiation the filters look at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept<'a> {
    #[serde(borrow)]
    ref_id: Cow<'a, str>,
    #[serde(borrow)]
    on_behalf_of_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    external_psu_reference: Option<Cow<'a, str>>,
}

/// What of a payment the filters look at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts<'a> {
    /// Its id.
    pub id: &'a str,
    /// Where it stands.
    pub status: Status,
    /// `refId`.
    pub ref_id: &'a str,
    /// `onBehalfOfId`.
    pub on_behalf_of: Option<&'a str>,
    /// `externalPsuReference`.
    pub external_psu: Option<&'a str>,
}

impl Query {
    /// Reads the parameters, decoded; a list is its name again and again. Those that are not documented are ignored.
    ///
    /// # Errors
    /// With the parameter that breaks a rule, or when there is no `limit`.
    pub fn read(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, Refusal> {
        let (mut query, mut limit) = (Self::default(), None);
        // An empty parameter is as good as absent.
        for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            match name.as_str() {
                "limit" => limit = Some(read_limit(&value)?),
                _ => query.take(&name, value)?,
            }
        }
        query.limit = limit.ok_or_else(|| Invalid::new("limit", super::json::REQUIRED).hint("expected 1 to 200"))?;
        Ok(query)
    }

    /// Whether a journey is a payment that meets every filter.
    pub fn wants(&self, journey: &Journey) -> bool {
        let kept = extra(journey, INITIATION).and_then(|text| serde_json::from_str::<Kept<'_>>(text).ok());
        let Some(kept) = kept.filter(|_| journey.opening().dialect == NAME) else { return false };
        self.admits(Facts {
            id: &payment_id(*journey.id()),
            status: Standing::now(journey).status,
            ref_id: &kept.ref_id,
            on_behalf_of: kept.on_behalf_of_id.as_deref(),
            external_psu: kept.external_psu_reference.as_deref(),
        })
    }

    /// Whether a payment meets every filter.
    pub(super) fn admits(&self, facts: Facts<'_>) -> bool {
        let same = |asked: &Option<String>, own: Option<&str>| asked.is_none() || asked.as_deref() == own;
        !self.nothing
            && self.ids.admits(facts.id)
            && self.statuses.admits(facts.status.as_str())
            && (self.ref_ids.is_empty() || self.ref_ids.iter().any(|ref_id| ref_id == facts.ref_id))
            && same(&self.on_behalf_of, facts.on_behalf_of)
            && same(&self.external_psu, facts.external_psu)
    }

    fn take(&mut self, name: &str, value: String) -> Result<(), Refusal> {
        match name {
            "offset" => self.offset = read_offset(&value)?,
            "ids" => self.ids.values.push(value),
            "invertIds" => self.ids.inverted = read_flag(name, &value)?,
            "statuses" if Status::parse(&value).is_some() => self.statuses.values.push(value),
            "statuses" => return Err(Refusal::not_allowed(Invalid::new(name, "names no status of a payment"))),
            "invertStatuses" => self.statuses.inverted = read_flag(name, &value)?,
            "createdAfter" => self.created_after = Some(read_moment(name, &value)?),
            "createdBefore" => self.created_before = Some(read_moment(name, &value)?),
            "refIds" => self.ref_ids.push(value),
            "onBehalfOfId" => self.on_behalf_of = Some(value),
            "externalPsuReference" => self.external_psu = Some(value),
            // There are no refunds and no recurring payments behind these, so nothing is among them.
            "refundStatuses" | "vrpConsentId" => self.nothing = true,
            "partial" => _ = read_flag(name, &value)?,
            _ => {}
        }
        Ok(())
    }
}

pub(super) fn read_limit(value: &str) -> Result<usize, Refusal> {
    let limit = value.parse().ok().filter(|limit| (1..=MOST).contains(limit));
    limit.ok_or_else(|| Invalid::new("limit", format!("is not a whole number from 1 to {MOST}")).into())
}

pub(super) fn read_offset(value: &str) -> Result<Offset, Refusal> {
    Offset::parse(value).ok_or_else(|| Invalid::new("offset", "is not the nextOffset of an answer").into())
}

fn read_flag(name: &str, value: &str) -> Result<bool, Refusal> {
    flag::of_word(value).ok_or_else(|| Invalid::new(name, flag::RULE).into())
}

/// A moment; a `+` may have been read as a space.
pub(super) fn read_moment(name: &str, value: &str) -> Result<Moment, Refusal> {
    Ok(moments::read(name, &value.trim().replace(' ', "+"), moments::Offset::Needed)?)
}
