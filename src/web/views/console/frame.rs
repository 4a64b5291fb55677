//! What stands around each page of the console: whose it is, where one can go, and who is signed in.

use super::words::frame as words;
use crate::domain::{Mode, Role};

/// A moment, for people and for programs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct When {
    /// RFC 3339.
    pub exact: String,
    /// As people read it.
    pub shown: String,
}

/// What stands around a page.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Which page it is around.
    pub place: Place,
    /// Whose console it is.
    pub side: Side,
    /// Who is signed in.
    pub who: String,
    /// The role of that member.
    pub role: Role,
    /// What each form carries.
    pub form_token: String,
}

/// Whose console it is.
#[derive(Debug, Clone)]
pub enum Side {
    /// The operator's.
    Operator,
    /// A merchant's.
    Merchant {
        /// Its name.
        name: String,
        /// Whether money moves.
        mode: Mode,
    },
}

/// Where a page stands among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// What to do next.
    Start,
    /// Saved callbacks.
    Callbacks,
    /// Links and journeys.
    Journeys,
    /// Endpoints and deliveries.
    Webhooks,
    /// API keys.
    Keys,
    /// Provider accounts.
    Accounts,
    /// What the merchant has chosen.
    Settings,
    /// Counts.
    Numbers,
    /// The operator's merchants.
    Merchants,
    /// The operator's providers.
    Providers,
    /// The node that has answered.
    Node,
    /// What was changed.
    Audit,
    /// Who may ask for a link.
    People,
    /// Who is signed in.
    Sessions,
}

impl Place {
    /// Where it is, and what it is called.
    const fn link(self) -> (&'static str, &'static str) {
        match self {
            Self::Start => ("/console", words::START),
            Self::Callbacks => ("/console/callbacks", words::CALLBACKS),
            Self::Journeys => ("/console/journeys", words::JOURNEYS),
            Self::Webhooks => ("/console/webhooks", words::WEBHOOKS),
            Self::Keys => ("/console/keys", words::KEYS),
            Self::Accounts => ("/console/accounts", words::ACCOUNTS),
            Self::Settings => ("/console/settings", words::SETTINGS),
            Self::Numbers => ("/console/numbers", words::NUMBERS),
            Self::Merchants => ("/console/merchants", words::MERCHANTS),
            Self::Providers => ("/console/providers", words::PROVIDERS),
            Self::Node => ("/console/node", words::NODE),
            Self::Audit => ("/console/audit", words::AUDIT),
            Self::People => ("/console/people", words::PEOPLE),
            Self::Sessions => ("/console/sessions", words::SESSIONS),
        }
    }
}

/// A link in the navigation.
pub(super) struct NavLink {
    pub href: &'static str,
    pub label: &'static str,
    pub is_here: bool,
}

impl Frame {
    pub(super) fn links(&self) -> Vec<NavLink> {
        let places: &[Place] = match self.side {
            Side::Operator => &[Place::Merchants, Place::Providers, Place::Node, Place::Audit, Place::Sessions],
            Side::Merchant { .. } => &[
                Place::Start,
                Place::Callbacks,
                Place::Journeys,
                Place::Webhooks,
                Place::Keys,
                Place::Accounts,
                Place::Settings,
                Place::Numbers,
                Place::People,
                Place::Audit,
                Place::Sessions,
            ],
        };
        let link = |place: &Place| {
            let (href, label) = place.link();
            NavLink { href, label, is_here: *place == self.place }
        };
        places.iter().map(link).collect()
    }

    pub(super) fn whose(&self) -> &str {
        match &self.side {
            Side::Operator => words::OPERATOR,
            Side::Merchant { name, .. } => name,
        }
    }

    pub(super) fn mode(&self) -> Option<Mode> {
        match &self.side {
            Side::Operator => None,
            Side::Merchant { mode, .. } => Some(*mode),
        }
    }

    /// Whether the member may do what needs this role.
    pub(super) fn may(&self, role: Role) -> bool {
        self.role.may(role)
    }
}
