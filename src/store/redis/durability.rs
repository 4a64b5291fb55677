//! When a step counts as kept: the two classes that an address may name.

use std::collections::BTreeMap;

use super::script::Request;

/// When a step counts as kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// When the master has acknowledged it.
    Fast,
    /// When the master has synced it to its disk, and so many replicas have it, too.
    Strict {
        /// How many.
        replicas: u8,
    },
}

impl Durability {
    /// The parameters that name it.
    pub(super) const PARAMETERS: [&str; 2] = ["durability", "replicas"];

    /// Reads the parameters of an address; `fails_over` where another server may take its master's place by itself.
    pub(super) fn read(given: &BTreeMap<String, String>, fails_over: bool) -> Result<Self, String> {
        let replicas = given.get("replicas").map(|text| text.parse::<u8>().ok().filter(|count| *count <= 9));
        let replicas = replicas.map(|count| count.ok_or("names a number of replicas that is not from 0 to 9"));
        match (given.get("durability").map(String::as_str), replicas.transpose()?) {
            (Some("strict"), Some(0)) if fails_over => {
                Err("is strict and waits for no replica, and one of them may become the master: expected replicas=1 or more".into())
            }
            (Some("strict"), replicas) => Ok(Self::Strict { replicas: replicas.unwrap_or(fails_over.into()) }),
            (None | Some("fast"), None) => Ok(Self::Fast),
            (None | Some("fast"), Some(_)) => Err("names replicas to wait for, which only durability=strict does".into()),
            _ => Err("has a durability that is neither fast nor strict".into()),
        }
    }

    /// How many replicas must have a step.
    pub(super) const fn replicas(self) -> u8 {
        match self {
            Self::Fast => 0,
            Self::Strict { replicas } => replicas,
        }
    }

    /// Whether replicas must have what this request does, or has found.
    pub(super) const fn confirms(self, request: &Request) -> bool {
        self.replicas() > 0 && request.is_kept()
    }

    /// The one of these requests that replicas must have; such a request is made alone.
    pub(super) fn confirmed(self, requests: &[Request]) -> Option<&Request> {
        let [request] = requests else { return None };
        self.confirms(request).then_some(request)
    }

    /// As an address has it, where it is not what goes without saying.
    pub(super) fn written(self) -> Option<String> {
        match self {
            Self::Fast => None,
            Self::Strict { replicas } => Some(format!("durability=strict&replicas={replicas}")),
        }
    }

    /// In words, for people.
    pub(super) fn described(self) -> String {
        match self {
            Self::Fast => String::new(),
            Self::Strict { replicas: 0 } => ", strict".into(),
            Self::Strict { replicas } => format!(", strict (replicas: {replicas})"),
        }
    }
}
