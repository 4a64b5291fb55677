//! The filters of `GET /v2/payment-links` (contracts, section 2).

use super::link::{link_id, templates};
use super::query::{Listed, MOST, read_offset};
use super::{LinkStatus, Offset, Rejection};
use crate::dialect::parameters;
use crate::domain::{Invalid, Journey, UnixMillis};

/// The statuses that a link can have; two of them are never ours, and match nothing.
const STATUSES: [&str; 5] =
    ["LINK_ACTIVE", "LINK_EXPIRED", "LINK_CANCELED", "USAGE_LIMIT_REACHED", "AMOUNT_LIMIT_REACHED"];

/// How many links one answer holds if the call does not say.
const USUAL: usize = 200;

/// Which payment links are asked for. The values of one filter are alternatives, and every filter must be met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkQuery {
    /// How many are asked for, at the most: 1 to 200.
    pub limit: usize,
    /// Where it begins; `None` is at the newest link.
    pub offset: Option<Offset>,
    /// Only what was opened then or later.
    pub created_after: Option<UnixMillis>,
    /// Only what was opened earlier.
    pub created_before: Option<UnixMillis>,
    expires_after: Option<UnixMillis>,
    expires_before: Option<UnixMillis>,
    ids: Listed,
    statuses: Listed,
    on_behalf_of: Option<String>,
    external_psu: Option<String>,
}

impl LinkQuery {
    /// Reads the parameters, decoded. Those that are not documented are ignored.
    ///
    /// # Errors
    /// With the parameter that breaks a rule, or when there is no filter at all.
    pub fn read(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, Rejection> {
        let mut query = Self::default();
        for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.take(&name, value)?;
        }
        if (Self { limit: 0, offset: None, ..query.clone() }) == Self::default() {
            let hint = "expected one of ids, statuses, createdAfter, createdBefore, expiresAfter, expiresBefore, \
                        onBehalfOfId and externalPsuReference";
            return Err(Invalid::new("query", super::json::REQUIRED).hint(hint).into());
        }
        query.limit = if query.limit == 0 { USUAL } else { query.limit };
        Ok(query)
    }

    /// Whether a payment link meets every filter, as it stands `now`.
    pub fn wants(&self, journey: &Journey, now: UnixMillis) -> bool {
        let expires_at = journey.opening().expires_at;
        let (on_behalf_of, external_psu) = templates(journey);
        let same = |asked: &Option<String>, own: Option<String>| asked.is_none() || *asked == own;
        self.ids.admits(&link_id(*journey.id()))
            && self.statuses.admits(LinkStatus::of(journey, now).as_str())
            && self.expires_after.is_none_or(|after| expires_at >= after)
            && self.expires_before.is_none_or(|before| expires_at < before)
            && same(&self.on_behalf_of, on_behalf_of)
            && same(&self.external_psu, external_psu)
    }

    fn take(&mut self, name: &str, value: String) -> Result<(), Rejection> {
        match name {
            "limit" => self.limit = parameters::number(name, &value, 1..=MOST)?,
            "offset" => self.offset = read_offset(&value)?,
            "ids" => self.ids.values.push(value),
            "statuses" if STATUSES.contains(&value.as_str()) => self.statuses.values.push(value),
            "statuses" => {
                let invalid = Invalid::new(name, "names no status of a payment link");
                return Err(Rejection::not_allowed(invalid.hint(format!("known are {}", STATUSES.join(", ")))));
            }
            "createdAfter" => self.created_after = Some(parameters::moment(name, &value)?),
            "createdBefore" => self.created_before = Some(parameters::moment(name, &value)?),
            "expiresAfter" => self.expires_after = Some(parameters::moment(name, &value)?),
            "expiresBefore" => self.expires_before = Some(parameters::moment(name, &value)?),
            "onBehalfOfId" => self.on_behalf_of = Some(value),
            "externalPsuReference" => self.external_psu = Some(value),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<LinkQuery, Rejection> {
        LinkQuery::read(url::form_urlencoded::parse(query.as_bytes()).into_owned())
    }

    #[test]
    fn a_filter_has_to_be_there_and_keep_its_rules() {
        for (query, code, path) in [
            ("", "Field.Expected", "query"),
            ("limit=5&offset=1790000000000-7", "Field.Expected", "query"),
            ("ids=x&offset=3", "Field.InvalidFormat", "offset"),
            ("ids=x&limit=0", "Field.InvalidFormat", "limit"),
            ("ids=x&limit=201", "Field.InvalidFormat", "limit"),
            ("statuses=ACTIVE", "Field.Invalid", "statuses"),
            ("createdAfter=yesterday", "Field.InvalidFormat", "createdAfter"),
        ] {
            let rejection = read(query).unwrap_err();
            let failure = rejection.failure();
            assert_eq!((failure.error_code, failure.paths), (Some(code), Some([path])), "{query}");
        }
        let query = read("statuses=LINK_ACTIVE&statuses=LINK_EXPIRED&limit=7").unwrap();
        assert_eq!((query.limit, query.statuses.values.len()), (7, 2));
    }
}
