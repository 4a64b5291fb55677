//! Institutions: the providers as customers and merchants name them.

use std::time::Duration;

use super::consent;
use super::iso::CountryCode;

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
    /// Whether it serves customers in this country.
    pub fn serves(&self, country: CountryCode) -> bool {
        self.countries.iter().any(|own| own.code == country)
    }

    /// The usual life of a consent in these countries: the longer one only where the rules of all of them allow it.
    pub fn usual_consent_life(countries: &[Country]) -> Duration {
        let is_longer = !countries.is_empty() && countries.iter().all(|country| country.code.is_in_eea());
        if is_longer { consent::LIFE_IN_EEA } else { consent::LIFE }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consent_lasts_longer_only_where_every_country_of_an_institution_allows_it() {
        let life = |codes: &[&str]| {
            let country = |code: &&str| Country::from(CountryCode::parse(code).unwrap());
            Institution::usual_consent_life(&codes.iter().map(country).collect::<Vec<_>>())
        };
        for (codes, days) in [
            (&["GB"][..], 90),
            (&["DE"], 180),
            (&["DE", "FR", "NO"], 180),
            (&["GB", "DE"], 90),
            (&["CH"], 90),
            (&[], 90),
        ] {
            assert_eq!(life(codes), Duration::from_hours(days * 24), "{codes:?}");
        }
    }
}
