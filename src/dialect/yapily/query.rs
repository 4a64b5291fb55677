//! The queries of `GET /consents` and `GET /users` (contracts, sections 4.2 and 8).

use super::{consent, moments};
use crate::domain::id::UserId;
use crate::domain::invalid::Invalid;
use crate::domain::journey::Journey;
use crate::domain::moment::Moment;
use crate::domain::user::ApplicationUser;

/// The most consents that one answer holds, and how many it holds if the call does not say.
const MOST: usize = 1000;

/// Yapily's words for statuses; some are never ours, and match nothing.
const STATUSES: [&str; 17] = [
    "AWAITING_AUTHORIZATION",
    "AWAITING_FURTHER_AUTHORIZATION",
    "AWAITING_RE_AUTHORIZATION",
    "AUTHORIZED",
    "CONSUMED",
    "REJECTED",
    "REVOKED",
    "FAILED",
    "EXPIRED",
    "UNKNOWN",
    "INVALID",
    "AWAITING_DECOUPLED_PRE_AUTHORIZATION",
    "AWAITING_PRE_AUTHORIZATION",
    "PRE_AUTHORIZED",
    "AWAITING_DECOUPLED_AUTHORIZATION",
    "AWAITING_SCA_METHOD",
    "AWAITING_SCA_CODE",
];

/// Which consents are asked for. The values of one filter are alternatives, and every filter has to be met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Users by their ids.
    pub users: Vec<UserId>,
    /// Users by the merchant's own ids.
    pub application_users: Vec<ApplicationUser>,
    institutions: Vec<String>,
    statuses: Vec<String>,
    /// Only what was opened then or later.
    pub from: Option<Moment>,
    /// Only what was opened earlier.
    pub before: Option<Moment>,
    limit: Option<usize>,
    /// How many come before the first one.
    pub offset: usize,
}

impl Query {
    /// Reads the parameters, decoded. Those that are not documented are ignored.
    ///
    /// # Errors
    /// With the parameter that breaks a rule, or when none of those is there of which one has to be.
    pub fn read(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, Invalid> {
        let mut query = Self::default();
        for (name, value) in pairs {
            query.take(&name, value)?;
        }
        if query.users.is_empty() && query.application_users.is_empty() && query.limit.is_none() {
            return Err(Invalid::new("query", "has none of filter[applicationUserId], filter[userUuid] and limit")
                .hint("at least one of them is required"));
        }
        Ok(query)
    }

    /// How many are asked for.
    pub fn most(&self) -> usize {
        self.limit.unwrap_or(MOST)
    }

    /// The same, as far as the call said it.
    pub const fn limit(&self) -> Option<usize> {
        self.limit
    }

    /// Whether a consent meets every filter but those for users.
    pub fn admits(&self, journey: &Journey, now: Moment) -> bool {
        let opened_at = journey.opening().opened_at;
        let status = || journey.consent_status(now).map(consent::status);
        self.from.is_none_or(|from| opened_at >= from)
            && self.before.is_none_or(|before| opened_at < before)
            && one_of(&self.institutions, journey.institution())
            && (self.statuses.is_empty() || one_of(&self.statuses, status()))
    }

    fn take(&mut self, name: &str, value: String) -> Result<(), Invalid> {
        match name {
            "filter[applicationUserId]" => {
                self.application_users.push(ApplicationUser::parse(&value).map_err(|invalid| invalid.at(name))?);
            }
            "filter[userUuid]" => {
                self.users.push(value.parse().map_err(|invalid: Invalid| invalid.at(name))?);
            }
            "filter[institution]" => self.institutions.push(value),
            "filter[status]" if STATUSES.contains(&value.as_str()) => self.statuses.push(value),
            "filter[status]" => {
                return Err(Invalid::new(name, "is no status").hint(format!("known are {}", STATUSES.join(", "))));
            }
            "from" => self.from = Some(read_moment(name, &value)?),
            "before" => self.before = Some(read_moment(name, &value)?),
            "limit" => self.limit = Some(read_number(name, &value, 1..=MOST)?),
            "offset" => self.offset = read_number(name, &value, 0..=usize::MAX)?,
            _ => {}
        }
        Ok(())
    }
}

/// Which users are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserQuery {
    /// The merchant's own ids; all users where there is none.
    pub application_users: Vec<ApplicationUser>,
}

impl UserQuery {
    /// Reads the parameters, decoded. Those that are not documented are ignored.
    ///
    /// # Errors
    /// When an id is none.
    pub fn read(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, Invalid> {
        let name = "filter[applicationUserId]";
        let ids = pairs.into_iter().filter(|(own, _)| own == name);
        let ids = ids.map(|(_, value)| ApplicationUser::parse(&value).map_err(|invalid| invalid.at(name)));
        Ok(Self { application_users: ids.collect::<Result<_, _>>()? })
    }
}

/// Whether `forceDelete`, which changes nothing here, is at least one of its two values.
///
/// # Errors
/// When it is neither.
pub fn force_delete(pairs: impl IntoIterator<Item = (String, String)>) -> Result<(), Invalid> {
    let wrong =
        pairs.into_iter().find(|(name, value)| name == "forceDelete" && !matches!(value.as_str(), "true" | "false"));
    wrong.map_or(Ok(()), |(name, _)| Err(Invalid::new(name, "is neither true nor false")))
}

fn one_of(wanted: &[String], value: Option<&str>) -> bool {
    wanted.is_empty() || value.is_some_and(|value| wanted.iter().any(|own| own == value))
}

/// A `+` that nobody has encoded arrives as a space.
fn read_moment(name: &str, value: &str) -> Result<Moment, Invalid> {
    moments::read(name, &value.trim().replace(' ', "+"))
}

fn read_number(name: &str, value: &str, allowed: std::ops::RangeInclusive<usize>) -> Result<usize, Invalid> {
    let number = value.parse().ok().filter(|number| allowed.contains(number));
    number.ok_or_else(|| match allowed.end() {
        &usize::MAX => Invalid::new(name, "is not a whole number"),
        end => Invalid::new(name, format!("is not a whole number from {} to {end}", allowed.start())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Query, Invalid> {
        Query::read(url::form_urlencoded::parse(query.as_bytes()).into_owned())
    }

    #[test]
    fn filters_repeat_and_may_have_encoded_brackets() {
        let query = read("filter%5BapplicationUserId%5D=a%40b.c&filter[applicationUserId]=d&x=y&offset=7").unwrap();
        let own: Vec<_> = query.application_users.iter().map(ApplicationUser::as_str).collect();
        assert_eq!((own, query.offset, query.most(), query.limit()), (vec!["a@b.c", "d"], 7, 1000, None));
        let moment = read("limit=1&from=2021-06-08T10:59:53.288+0000").unwrap().from;
        assert_eq!(moment.map(moments::written).as_deref(), Some("2021-06-08T10:59:53.288Z"));
    }

    #[test]
    fn at_least_one_of_three_is_required() {
        for enough in
            ["limit=1", "filter[userUuid]=3ddf5dd0-aa48-4d0f-baa7-fa057e9e911d", "filter[applicationUserId]=a"]
        {
            assert!(read(enough).is_ok(), "{enough}");
        }
        for (query, field) in [
            ("", "query"),
            ("filter[status]=AUTHORIZED&filter[institution]=x", "query"),
            ("limit=0", "limit"),
            ("limit=1001", "limit"),
            ("limit=x", "limit"),
            ("limit=1&offset=-1", "offset"),
            ("filter[userUuid]=x", "filter[userUuid]"),
            ("limit=1&filter[status]=GIVEN", "filter[status]"),
            ("limit=1&before=yesterday", "before"),
        ] {
            assert_eq!(read(query).unwrap_err().field(), field, "{query}");
        }
    }
}
