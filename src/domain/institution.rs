//! Institutions: the providers as customers and merchants name them.

use std::time::Duration;

use crate::domain::{CountryCode, Mode};

/// An institution that the operator has configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Institution {
    /// Its id, such as `modelo-sandbox`.
    pub id: String,
    /// Its short name.
    pub name: String,
    /// Its full name.
    pub full_name: String,
    /// Where it serves customers.
    pub countries: Vec<Country>,
    /// Its pictures.
    pub media: Vec<Medium>,
    /// What it can do, in the dialect's words.
    pub features: Vec<String>,
    /// Whether it is one for tests.
    pub environment: Environment,
    /// How long a consent to account access lasts, at the most, after its customer has agreed.
    pub consent_life: Duration,
    /// The name of the provider that speaks for it.
    pub provider: String,
}

impl Institution {
    /// Where the picture is that stands beside its name: its icon, else its logo.
    pub fn picture(&self) -> Option<&str> {
        let of = |kind: &str| self.media.iter().find(|medium| medium.kind == kind);
        of("icon").or_else(|| of("logo")).map(|medium| medium.source.as_str())
    }

    /// Whether it serves customers in this country.
    pub fn serves(&self, country: CountryCode) -> bool {
        self.countries.iter().any(|own| own.code == country)
    }
}

/// A country of an institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Country {
    /// Its name for people.
    pub name: String,
    /// Its code.
    pub code: CountryCode,
}

impl From<CountryCode> for Country {
    /// The country under ISO's name.
    fn from(code: CountryCode) -> Self {
        Self { name: code.name().to_owned(), code }
    }
}

/// A picture of an institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Medium {
    /// Where it is.
    pub source: String,
    /// `icon` or `logo`.
    pub kind: String,
}

/// Whether an institution moves real money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// A provider's own test system, or ours.
    Sandbox,
    /// A made-up provider.
    Mock,
    /// The real one.
    Live,
}

impl Environment {
    /// The mode of the merchants whose customers may be sent there.
    pub const fn mode(self) -> Mode {
        match self {
            Self::Sandbox | Self::Mock => Mode::Test,
            Self::Live => Mode::Live,
        }
    }
}
