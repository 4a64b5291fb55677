//! The queries of `GET /consents` and `GET /users` (contracts, sections 4.2 and 8).

use super::{consent, flag, moments};
use crate::dialect::parameters;
use crate::domain::{ApplicationUser, Invalid, Journey, UnixMillis, UserId};

/// The most consents that one answer holds, and how many it holds if the call does not say.
const MOST: usize = 1000;

/// How many users a list goes through, as Yapily's own: one beyond them is found by its own id.
const MOST_USERS: usize = 50_000;

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

/// Which consents are asked for. The values of one filter are alternatives, and every filter must be met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Users by their ids.
    pub users: Vec<UserId>,
    /// Users by the merchant's own ids.
    pub application_users: Vec<ApplicationUser>,
    institutions: Vec<String>,
    statuses: Vec<String>,
    /// Only what was opened then or later.
    pub from: Option<UnixMillis>,
    /// Only what was opened then or earlier: Yapily's word is "on or before".
    pub before: Option<UnixMillis>,
    /// How many are asked for, if the call has a limit.
    pub limit: Option<usize>,
    /// How many come before the first one.
    pub offset: usize,
}

impl Query {
    /// Reads the parameters, decoded. Those that are not documented are ignored.
    ///
    /// # Errors
    /// With the parameter that breaks a rule, or when none of those is there of which one must be.
    pub fn read(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, Invalid> {
        let mut query = Self::default();
        // An empty parameter is as good as absent.
        for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
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

    /// Whether a consent meets every filter but those for users.
    pub fn admits(&self, journey: &Journey, now: UnixMillis) -> bool {
        let opened_at = journey.opening().opened_at;
        let status = || journey.consent_status(now).map(consent::status);
        self.from.is_none_or(|from| opened_at >= from)
            && self.before.is_none_or(|before| opened_at <= before)
            && one_of(&self.institutions, journey.institution())
            && (self.statuses.is_empty() || one_of(&self.statuses, status()))
    }

    /// This query where a list goes on: at this moment, behind so many that were opened then.
    pub fn beginning(&self, at: UnixMillis, skip: usize) -> Vec<(&'static str, String)> {
        let users = self.users.iter().map(|user| ("filter[userUuid]", user.to_string()));
        let named = self.application_users.iter().map(|own| ("filter[applicationUserId]", own.as_str().to_owned()));
        let institutions = self.institutions.iter().map(|id| ("filter[institution]", id.clone()));
        let statuses = self.statuses.iter().map(|status| ("filter[status]", status.clone()));
        let from = self.from.map(|from| ("from", moments::written(from)));
        let place =
            [("before", moments::written(at)), ("limit", self.most().to_string()), ("offset", skip.to_string())];
        users.chain(named).chain(institutions).chain(statuses).chain(from).chain(place).collect()
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
            "from" => self.from = Some(parameters::moment(name, &value)?),
            "before" => self.before = Some(parameters::moment(name, &value)?),
            "limit" => self.limit = Some(parameters::number(name, &value, 1..=MOST)?),
            "offset" => self.offset = parameters::number(name, &value, 0..=usize::MAX)?,
            _ => {}
        }
        Ok(())
    }
}

/// Which users are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserQuery {
    /// The merchant's own ids; all users where there is none.
    pub application_users: Vec<ApplicationUser>,
    /// How many of all users one answer holds, at the most.
    pub limit: usize,
    /// How many come before the first one.
    pub offset: usize,
}

impl UserQuery {
    /// Reads the parameters, decoded; `limit` and `offset` are ours. Those that are not documented are ignored.
    ///
    /// # Errors
    /// With the parameter that breaks a rule.
    pub fn read(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, Invalid> {
        let mut query = Self { application_users: Vec::new(), limit: MOST, offset: 0 };
        for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            match name.as_str() {
                "filter[applicationUserId]" => {
                    let own = ApplicationUser::parse(&value).map_err(|invalid| invalid.at(name))?;
                    query.application_users.push(own);
                }
                "limit" => query.limit = parameters::number(&name, &value, 1..=MOST)?,
                "offset" => query.offset = parameters::number(&name, &value, 0..=MOST_USERS)?,
                _ => {}
            }
        }
        Ok(query)
    }
}

/// Checks `forceDelete`, which changes nothing here: a merchant can always end a consent.
///
/// # Errors
/// When it is neither.
pub fn force_delete(pairs: impl IntoIterator<Item = (String, String)>) -> Result<(), Invalid> {
    let is_wrong = |value: &str| !value.is_empty() && flag::of_word(value).is_none();
    let wrong = pairs.into_iter().find(|(name, value)| name == "forceDelete" && is_wrong(value));
    wrong.map_or(Ok(()), |(name, _)| Err(Invalid::new(name, flag::RULE)))
}

fn one_of(wanted: &[String], value: Option<&str>) -> bool {
    wanted.is_empty() || value.is_some_and(|value| wanted.iter().any(|own| own == value))
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
        assert_eq!((own, query.offset, query.most(), query.limit), (vec!["a@b.c", "d"], 7, 1000, None));
        let moment = read("limit=1&from=2021-06-08T10:59:53.288+0000").unwrap().from;
        assert_eq!(moment.map(moments::written).as_deref(), Some("2021-06-08T10:59:53.288Z"));
        let empty =
            read("limit=7&from=&before=&offset=&filter[status]=&filter[institution]=&filter[applicationUserId]=");
        assert_eq!(empty, read("limit=7"), "an empty parameter is as good as absent");
    }

    #[test]
    fn a_list_goes_on_with_every_filter_that_it_had() {
        let text = "filter[userUuid]=3ddf5dd0-aa48-4d0f-baa7-fa057e9e911d&filter[applicationUserId]=a&filter[institution]=i\
                    &filter[status]=AUTHORIZED&from=2021-06-08T10:59:53.288Z&limit=7&offset=3";
        let query = read(text).unwrap();
        let next =
            Query::read(query.beginning(UnixMillis::from_millis(7), 2).into_iter().map(|(n, v)| (n.to_owned(), v)));
        assert_eq!(next.unwrap(), Query { before: Some(UnixMillis::from_millis(7)), offset: 2, ..query });
    }

    #[test]
    fn force_delete_is_read_as_clients_write_it() {
        let read = |query: &str| force_delete(url::form_urlencoded::parse(query.as_bytes()).into_owned());
        for good in
            ["", "forceDelete=True", "forceDelete=False", "forceDelete=true", "forceDelete=FALSE", "forceDelete="]
        {
            assert_eq!(read(good), Ok(()), "{good}");
        }
        for bad in ["forceDelete=yes", "forceDelete=1", "forceDelete=None"] {
            assert_eq!(read(bad).unwrap_err().to_string(), "forceDelete: is neither true nor false", "{bad}");
        }
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
            ("limit=&filter[userUuid]=", "query"),
        ] {
            assert_eq!(read(query).unwrap_err().field(), field, "{query}");
        }
    }
}
