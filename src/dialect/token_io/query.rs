//! The filters of `GET /v2/payments` (contracts, section 2).

use std::{borrow::Cow, fmt, time::Duration};

use serde::Deserialize;

use super::{Kept, NAME, Rejection, Standing, Status, ids::payment_id};
use crate::dialect::parameters;
use crate::domain::{Invalid, Journey, PayId, UnixMillis};

/// The most payments of one answer.
pub(super) const MOST: usize = 200;

/// How much of a payment may have been paid back; here, nothing.
const REFUND_STATUSES: [&str; 3] = ["NONE", "PARTIAL", "FULL"];

/// Kinds of payments.
const TYPES: [&str; 2] = ["SINGLE_IMMEDIATE_PAYMENT", VRP];
const VRP: &str = "VARIABLE_RECURRING_PAYMENT";

/// Which payments are asked for. The values of one filter are alternatives, and every filter must be met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// How many are asked for, at the most: 1 to 200.
    pub limit: usize,
    /// Where it begins; `None` is at the newest payment.
    pub offset: Option<Offset>,
    /// Whether id and status are enough.
    pub partial: bool,
    /// Only what was opened then or later.
    pub created_after: Option<UnixMillis>,
    /// Only what was opened earlier.
    pub created_before: Option<UnixMillis>,
    ids: Listed,
    statuses: Listed,
    refund_statuses: Listed,
    ref_ids: Listed,
    on_behalf_of: Option<String>,
    external_psu: Option<String>,
    nothing: bool,
}

/// A place in a list, which `offset` and `nextOffset` name: behind a payment.
///
/// Payments are listed newest first, by their moment and id, and neither changes. So a list that goes on from a place
/// neither skips a payment nor repeats one, whatever else has become of those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offset {
    /// When the payment was opened.
    pub opened_at: UnixMillis,
    /// Its number.
    pub pay_id: PayId,
}

impl Offset {
    /// Behind this payment.
    pub fn behind(journey: &Journey) -> Self {
        Self { opened_at: journey.opening().opened_at, pay_id: journey.pay_id() }
    }

    /// Just before this payment, so that a list which begins here begins with it.
    pub fn before(journey: &Journey) -> Self {
        let Self { opened_at, pay_id } = Self::behind(journey);
        match PayId::new(pay_id.number() + 1) {
            Some(pay_id) => Self { opened_at, pay_id },
            None => Self { opened_at: opened_at.plus(Duration::from_millis(1)), pay_id },
        }
    }

    fn parse(value: &str) -> Option<Self> {
        let (opened_at, pay_id) = value.split_once('-')?;
        Some(Self { opened_at: UnixMillis::from_millis(opened_at.parse().ok()?), pay_id: pay_id.parse().ok()? })
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.opened_at.as_millis(), self.pay_id)
    }
}

/// Values, one of which it must be; or none of which.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Listed {
    /// The values; none of them is all there are.
    pub values: Vec<String>,
    inverted: bool,
}

impl Listed {
    /// Whether this is one of what is asked for.
    pub fn admits(&self, value: &str) -> bool {
        self.values.is_empty() || self.values.iter().any(|one| one == value) != self.inverted
    }
}

/// What of an initiation the filters look at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Initiation<'a> {
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
    pub fn read(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, Rejection> {
        let (mut query, mut limit) = (Self::default(), None);
        // An empty parameter is as good as absent.
        for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            match name.as_str() {
                "limit" => limit = Some(parameters::number("limit", &value, 1..=MOST)?),
                _ => query.take(&name, value)?,
            }
        }
        query.limit = limit.ok_or_else(|| Invalid::new("limit", super::json::REQUIRED).hint("expected 1 to 200"))?;
        Ok(query)
    }

    /// Whether a journey is a payment that meets every filter.
    pub fn wants(&self, journey: &Journey) -> bool {
        let kept = Kept::of(journey).initiation.filter(|_| journey.opening().dialect == NAME);
        let initiation = kept.as_ref().and_then(|kept| serde_json::from_str::<Initiation<'_>>(kept.get()).ok());
        let Some(initiation) = initiation else { return false };
        self.admits(Facts {
            id: &payment_id(*journey.id()),
            status: Standing::now(journey).status,
            ref_id: &initiation.ref_id,
            on_behalf_of: initiation.on_behalf_of_id.as_deref(),
            external_psu: initiation.external_psu_reference.as_deref(),
        })
    }

    /// Whether a payment meets every filter.
    pub(super) fn admits(&self, facts: Facts<'_>) -> bool {
        let same = |asked: &Option<String>, own: Option<&str>| asked.is_none() || asked.as_deref() == own;
        !self.nothing
            && self.ids.admits(facts.id)
            && self.statuses.admits(facts.status.as_str())
            // No payment has been paid back under these: refunds are not spoken here.
            && self.refund_statuses.admits(REFUND_STATUSES[0])
            && self.ref_ids.admits(facts.ref_id)
            && same(&self.on_behalf_of, facts.on_behalf_of)
            && same(&self.external_psu, facts.external_psu)
    }

    fn take(&mut self, name: &str, value: String) -> Result<(), Rejection> {
        match name {
            "offset" => self.offset = read_offset(&value)?,
            "ids" => self.ids.values.push(value),
            "invertIds" => self.ids.inverted = parameters::flag(name, &value)?,
            "statuses" if Status::is_known(&value) => self.statuses.values.push(value),
            "statuses" => return Err(Rejection::not_allowed(Invalid::new(name, "names no status of a payment"))),
            "invertStatuses" => self.statuses.inverted = parameters::flag(name, &value)?,
            "createdAfter" => self.created_after = Some(parameters::moment(name, &value)?),
            "createdBefore" => self.created_before = Some(parameters::moment(name, &value)?),
            "refIds" => self.ref_ids.values.push(value),
            "onBehalfOfId" => self.on_behalf_of = Some(value),
            "externalPsuReference" => self.external_psu = Some(value),
            "refundStatuses" => self.refund_statuses.values.push(one_of(name, value, &REFUND_STATUSES)?),
            // There are no recurring payments, so nothing is among them.
            "type" => self.nothing |= one_of(name, value, &TYPES)? == VRP,
            "vrpConsentId" => self.nothing = true,
            "partial" => self.partial = parameters::flag(name, &value)?,
            _ => {}
        }
        Ok(())
    }
}

pub(super) fn read_offset(value: &str) -> Result<Option<Offset>, Rejection> {
    let refused = || Invalid::new("offset", "is not a place in the list").hint("expected the nextOffset of an answer");
    Offset::parse(value).map(Some).ok_or_else(|| refused().into())
}

/// One of the documented values.
fn one_of(name: &str, value: String, known: &[&str]) -> Result<String, Rejection> {
    if known.contains(&value.as_str()) {
        return Ok(value);
    }
    let invalid = Invalid::new(name, "is not one of its documented values");
    Err(Rejection::not_allowed(invalid.hint(format!("expected {}", known.join(" or ")))))
}
