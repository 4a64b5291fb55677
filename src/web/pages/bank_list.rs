//! The list of banks from which a customer chooses, on every page that has one.

use std::cmp::Ordering;

use crate::domain::{Country, CountryCode, Institution};
use crate::language::{Language, Sentence};
use crate::web::views::{BankChoice, BankGroup};

/// Lists longer than this can be searched.
const LONG: usize = 8;

/// What the customer searched for, and the institutions that match. A list that is short enough to be read is not
/// searched: then it is `None`, and all match.
pub(in crate::web) fn search<'a>(mut all: Vec<&'a Institution>, find: &str) -> (Option<String>, Vec<&'a Institution>) {
    if all.len() <= LONG {
        return (None, all);
    }
    let wanted = find.trim().to_lowercase();
    all.retain(|institution| {
        [&institution.name, &institution.full_name].iter().any(|name| name.to_lowercase().contains(&wanted))
    });
    (Some(find.trim().to_owned()), all)
}

/// Institutions under a country that each serves: the one that was asked for, else the first that it names. Countries
/// have the customer's words, and stand in the order of the alphabet, banks as people count: No. 2 before No. 10.
pub(in crate::web) fn by_country(
    institutions: &[&Institution],
    asked: Option<CountryCode>,
    language: &Language,
) -> Vec<BankGroup> {
    let mut groups: Vec<(Option<CountryCode>, BankGroup)> = Vec::new();
    for institution in institutions {
        let country = country_of(institution, asked);
        let code = country.map(|country| country.code);
        let bank = BankChoice {
            id: institution.id.clone(),
            name: institution.name.clone(),
            has_logo: institution.picture().is_some(),
        };
        if let Some((_, group)) = groups.iter_mut().find(|(known, _)| *known == code) {
            group.banks.push(bank);
            // The operator's own word for a country stands for all of its banks, whichever of them it was given at.
            if let Some(country) = country.filter(|country| is_named_by_operator(country)) {
                group.country.clone_from(&country.name);
            }
        } else {
            let country = country.map_or_else(String::new, |country| name_of(country, language));
            groups.push((code, BankGroup { country, banks: vec![bank] }));
        }
    }
    let mut groups: Vec<BankGroup> = groups.into_iter().map(|(_, group)| group).collect();
    groups.sort_by_cached_key(|group| (bare(&group.country), group.country.clone()));
    for group in &mut groups {
        group.banks.sort_by(|a, b| as_people_count(&a.name, &b.name));
    }
    groups
}

/// What a country is called: by the operator's own word, else in the language, else by ISO's name.
fn name_of(country: &Country, language: &Language) -> String {
    if is_named_by_operator(country) {
        return country.name.clone();
    }
    let said = Sentence::of("country").value("code", country.code.as_str());
    language.written(&said.value("name", country.code.name()))
}

/// Whether a country has another name than ISO's. Where that goes on (`… of Great Britain and Northern Ireland`), its
/// beginning is the same name.
fn is_named_by_operator(country: &Country) -> bool {
    !country.code.name().starts_with(&country.name)
}

/// A name without capitals, and its letters without marks: so Österreich stands before Portugal.
fn bare(name: &str) -> String {
    let letter = |c: char| match c {
        'à'..='å' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è'..='ë' | 'ę' => 'e',
        'ì'..='ï' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' => 'n',
        'ò'..='ö' | 'ø' => 'o',
        'ś' | 'š' => 's',
        'ù'..='ü' => 'u',
        'ź' | 'ż' | 'ž' => 'z',
        'آ' | 'أ' | 'إ' => 'ا',
        other => other,
    };
    name.to_lowercase().chars().map(letter).collect()
}

fn country_of(institution: &Institution, asked: Option<CountryCode>) -> Option<&Country> {
    let served = institution.countries.iter().find(|country| Some(country.code) == asked);
    served.or_else(|| institution.countries.first())
}

/// Compares two names without regard to capitals; digits that stand together are a number.
fn as_people_count(a: &str, b: &str) -> Ordering {
    let (a_low, b_low) = (a.to_lowercase(), b.to_lowercase());
    let (mut left, mut right) = (a_low.as_str(), b_low.as_str());
    loop {
        let order = match (number_at_start(left), number_at_start(right)) {
            (Some((one, left_rest)), Some((other, right_rest))) => {
                (left, right) = (left_rest, right_rest);
                // Without zeros in front the longer number is the larger one.
                one.len().cmp(&other.len()).then_with(|| one.cmp(other))
            }
            _ => match (left.chars().next(), right.chars().next()) {
                (Some(one), Some(other)) => {
                    (left, right) = (&left[one.len_utf8()..], &right[other.len_utf8()..]);
                    one.cmp(&other)
                }
                (one, other) => return one.cmp(&other).then_with(|| a.cmp(b)),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// The number with which a text begins, without zeros in front, and what follows it.
fn number_at_start(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(end);
    (end > 0).then(|| (number.trim_start_matches('0'), rest))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::Environment;
    use crate::language::Languages;

    fn institution(name: &str, countries: &[(&str, &str)]) -> Institution {
        let country = |(code, name): &(&str, &str)| {
            let country = Country::from(CountryCode::parse(code).unwrap());
            if name.is_empty() { country } else { Country { name: (*name).into(), ..country } }
        };
        Institution {
            id: name.to_lowercase(),
            name: name.into(),
            full_name: name.into(),
            countries: countries.iter().map(country).collect(),
            media: Vec::new(),
            features: Vec::new(),
            environment: Environment::Live,
            consent_life: Duration::from_hours(24),
            provider: "b".into(),
        }
    }

    fn read(institutions: &[Institution], asked: Option<&str>) -> Vec<(String, Vec<String>)> {
        let asked = asked.map(|code| CountryCode::parse(code).unwrap());
        let languages = Languages::built_in();
        let groups = by_country(&institutions.iter().collect::<Vec<_>>(), asked, languages.english());
        let banks = |group: &BankGroup| group.banks.iter().map(|bank| bank.name.clone()).collect();
        groups.iter().map(|group| (group.country.clone(), banks(group))).collect()
    }

    fn group(country: &str, banks: &[&str]) -> (String, Vec<String>) {
        (country.to_owned(), banks.iter().map(|&bank| bank.to_owned()).collect())
    }

    #[test]
    fn a_country_has_one_heading_however_its_banks_spell_it() {
        let banks = [
            institution("Plain", &[("GB", "")]),
            institution("Named", &[("GB", "United Kingdom")]),
            institution("Both", &[("GB", ""), ("DE", "")]),
            institution("Nowhere", &[]),
            institution("Swiss", &[("CH", "")]),
        ];
        assert_eq!(
            read(&banks, None),
            [
                group("", &["Nowhere"]),
                group("Switzerland", &["Swiss"]),
                group("United Kingdom", &["Both", "Named", "Plain"]),
            ]
        );
    }

    #[test]
    fn a_bank_stands_under_the_country_that_was_asked_for() {
        let banks = [institution("Both", &[("GB", ""), ("DE", "")]), institution("German", &[("DE", "Deutschland")])];
        assert_eq!(read(&banks, Some("DE")), [group("Deutschland", &["Both", "German"])]);
        let british = "United Kingdom";
        assert_eq!(read(&banks[..1], Some("GB")), [group(british, &["Both"])]);
        assert_eq!(read(&banks[..1], Some("FR")), [group(british, &["Both"])], "what it does not serve heads nothing");
    }

    #[test]
    fn countries_have_the_customers_words_and_order() {
        let banks = ["CH", "AT", "DE", "PT", "BE", "US"].map(|code| {
            let bank = institution("", &[(code, "")]);
            Institution { name: code.into(), ..bank }
        });
        let languages = Languages::built_in();
        for (tag, expected) in [
            ("de", ["Belgien", "Deutschland", "Österreich", "Portugal", "Schweiz", "United States of America"]),
            ("fr", ["Allemagne", "Autriche", "Belgique", "Portugal", "Suisse", "United States of America"]),
            ("ar", ["United States of America", "البرتغال", "ألمانيا", "النمسا", "بلجيكا", "سويسرا"]),
        ] {
            let groups = by_country(&banks.iter().collect::<Vec<_>>(), None, languages.choose([tag]));
            let names: Vec<_> = groups.iter().map(|group| group.country.replace(" (the)", "")).collect();
            assert_eq!(names, expected, "{tag}");
        }
    }

    #[test]
    fn every_language_has_a_word_for_every_country_of_the_economic_area_and_its_neighbours() {
        let languages = Languages::built_in();
        let all = ('A'..='Z').flat_map(|a| ('A'..='Z').map(move |b| format!("{a}{b}")));
        let codes: Vec<_> = all.filter_map(|text| CountryCode::parse(&text).ok()).collect();
        let listed = |code: &&CountryCode| code.is_in_eea() || ["GB", "CH"].contains(&code.as_str());
        let unnamed = Sentence::of("country").value("name", "no word");
        for language in languages.all() {
            for code in codes.iter().filter(listed) {
                let said = language.written(&unnamed.clone().value("code", code.as_str()));
                assert_ne!(said, "no word", "{code} in {}", language.tag());
            }
        }
    }

    #[test]
    fn a_list_is_searched_once_it_is_too_long_to_be_read() {
        let banks: Vec<Institution> = (1..=9).map(|number| institution(&format!("Bank {number}"), &[])).collect();
        let found = |count: usize, text: &str| {
            let (searched, found) = search(banks.iter().take(count).collect(), text);
            (searched, found.len())
        };
        assert_eq!(found(8, "bank 7"), (None, 8));
        assert_eq!(found(9, ""), (Some(String::new()), 9));
        assert_eq!(found(9, " BANK 7 "), (Some("BANK 7".to_owned()), 1));
        assert_eq!(found(9, "nowhere"), (Some("nowhere".to_owned()), 0));
    }

    #[test]
    fn banks_stand_as_people_count() {
        let names =
            ["No. 10", "no. 2", "No. 02 b", "No.", "7th", "10th", "Äon", "alpha", "Beta", "99999999999999999999"];
        let banks: Vec<_> = names.iter().map(|name| institution(name, &[])).collect();
        let order =
            ["7th", "10th", "99999999999999999999", "alpha", "Beta", "No.", "no. 2", "No. 02 b", "No. 10", "Äon"];
        assert_eq!(read(&banks, None), [group("", &order)]);
    }
}
