//! An institution, as `GET /institutions` shows it (contracts, section 8).

use serde::Serialize;

use crate::domain::{Environment, Institution};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    id: &'a str,
    name: &'a str,
    full_name: &'a str,
    countries: Vec<CountryView<'a>>,
    environment_type: &'static str,
    media: Vec<MediumView<'a>>,
    features: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CountryView<'a> {
    display_name: &'a str,
    country_code2: &'a str,
}

#[derive(Serialize)]
struct MediumView<'a> {
    source: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
}

/// An institution.
pub fn institution(institution: &Institution) -> impl Serialize + use<'_> {
    let countries = &institution.countries;
    View {
        id: &institution.id,
        name: &institution.name,
        full_name: &institution.full_name,
        countries: countries
            .iter()
            .map(|c| CountryView { display_name: &c.name, country_code2: c.code.as_str() })
            .collect(),
        environment_type: match institution.environment {
            Environment::Sandbox => "SANDBOX",
            Environment::Mock => "MOCK",
            Environment::Live => "LIVE",
        },
        media: institution.media.iter().map(|m| MediumView { source: &m.source, kind: &m.kind }).collect(),
        features: &institution.features,
    }
}
