//! What holds for every language, and how texts become sentences.

use std::{collections::BTreeMap, fs, path::Path};

use super::*;
use crate::domain::Currency;

fn in_crate(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The files of the languages that are compiled in, by their tags.
fn files() -> BTreeMap<String, String> {
    let entries = fs::read_dir(in_crate("src/language/locales")).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap()))
        .collect()
}

fn language(tag: &str) -> Arc<Language> {
    Arc::clone(Languages::built_in().choose([tag]))
}

#[test]
fn every_file_is_a_language_that_is_compiled_in() {
    let languages = Languages::built_in();
    let mut tags: Vec<String> = languages.all().map(|language| language.tag()).collect();
    tags.sort();
    assert_eq!(tags, files().keys().cloned().collect::<Vec<_>>());
}

#[test]
fn every_language_has_the_texts_of_english_with_the_same_variables_and_no_others() {
    let files = files();
    let (english, _) = file::texts(&files["en"]);
    for (tag, text) in &files {
        let (texts, mistakes) = file::texts(text);
        assert_eq!(mistakes, [], "{tag}");
        let keys = |texts: &[file::Text<'_>]| texts.iter().map(|text| text.key.to_owned()).collect::<Vec<_>>();
        assert_eq!(keys(&texts), keys(&english), "{tag} has other texts, or has them in another order");
        for (own, english) in texts.iter().zip(&english) {
            assert_eq!(own.variables, english.variables, "{} in {tag}", own.key);
        }
    }
}

#[test]
fn every_text_can_be_said_without_help_from_another_language() {
    let files = files();
    for language in Languages::built_in().all() {
        let (texts, _) = file::texts(&files[&language.tag()]);
        for text in texts {
            let mut sentence = Sentence::of(text.key.to_owned());
            for variable in text.variables {
                // A sentence names its variables for ever.
                let variable: &'static str = Box::leak(variable.to_owned().into_boxed_str());
                sentence =
                    if variable == "seconds" { sentence.number(variable, 2) } else { sentence.name(variable, "X") };
            }
            assert!(language.messages[0].said(text.key, &sentence.arguments()).is_some(), "{} {language:?}", text.key);
            let said = language.written(&sentence);
            assert!(!said.trim().is_empty() && !said.contains(['{', '}', '$', '\'']), "{said}");
        }
    }
}

#[test]
fn a_name_stands_apart_and_its_full_stop_ends_the_sentence() {
    let sentence = |payee: &str| Sentence::of("ended-paid-sentence").value("amount", "25.00 EUR").name("payee", payee);
    let english = language("en");
    assert_eq!(english.written(&sentence("Shop")), "You have paid 25.00 EUR to Shop.");
    assert_eq!(english.written(&sentence("Shop Ltd.")), "You have paid 25.00 EUR to Shop Ltd.");
    let sentence = sentence("Shop");
    let parts = english.parts(&sentence).into_iter();
    let names: Vec<String> =
        parts.filter_map(|part| if let Part::Name(name) = part { Some(name.to_owned()) } else { None }).collect();
    assert_eq!(names, ["Shop"]);
}

#[test]
fn a_text_that_nobody_has_is_its_key() {
    assert_eq!(language("en").text("no-such-text"), "no-such-text");
}

#[test]
fn amounts_and_days_are_written_as_people_of_the_language_write_them() {
    let yen = Currency::parse("JPY").unwrap();
    // The spaces are those at which no line breaks, but for those of English.
    for (tag, euros, yens, day) in [
        ("en", "1,234.50 EUR", "1,234 JPY", "26 Feb 2027"),
        ("en-US", "1,234.50 EUR", "1,234 JPY", "26 Feb 2027"),
        ("ar", "1,234.50\u{a0}EUR", "1,234\u{a0}JPY", "26\u{200f}/02\u{200f}/2027"),
        ("de", "1.234,50\u{a0}EUR", "1.234\u{a0}JPY", "26.02.2027"),
        ("es", "1234,50\u{a0}EUR", "1234\u{a0}JPY", "26 feb 2027"),
        ("fr", "1\u{202f}234,50\u{a0}EUR", "1\u{202f}234\u{a0}JPY", "26 févr. 2027"),
        ("pl", "1234,50\u{a0}EUR", "1234\u{a0}JPY", "26 lut 2027"),
    ] {
        let language = language(tag);
        assert_eq!(language.amount(Amount::from_minor(123_450, Currency::EUR)), euros, "{tag}");
        assert_eq!(language.amount(Amount::from_minor(1234, yen)), yens, "{tag}");
        assert_eq!(language.day(UnixMillis::from_millis(1_803_600_000_000)), day, "{tag}");
    }
    let large = Amount::from_minor(123_456_789, Currency::EUR);
    assert_eq!(language("es").amount(large), "1.234.567,89\u{a0}EUR");
    assert!(language("en").day(UnixMillis::from_millis(u64::MAX)).ends_with(" 9999"));
}

#[test]
fn plurals_are_those_of_the_language() {
    for (tag, expected) in [
        ("en", ["every second", "every 2 seconds", "every 5 seconds", "every 22 seconds"]),
        ("pl", ["co sekundę", "co 2 sekundy", "co 5 sekund", "co 22 sekundy"]),
        ("ar", ["كل ثانية", "كل ثانيتين", "كل 5 ثوانٍ", "كل 22 ثانية"]),
    ] {
        for (seconds, expected) in [1, 2, 5, 22].into_iter().zip(expected) {
            let said = language(tag).written(&Sentence::of("problem-retry").number("seconds", seconds));
            assert!(said.contains(&format!("{expected}.")), "{said}");
        }
    }
}

#[test]
fn the_nearest_language_is_chosen_and_english_where_none_is_near() {
    let languages = Languages::built_in();
    for (wanted, chosen) in [
        (&["de"][..], "de"),
        (&["DE-at"], "de"),
        (&["de-DE-u-co-phonebk"], "de"),
        (&["es-419"], "es"),
        (&["ar-EG"], "ar"),
        (&["nl", "pl", "de"], "pl"),
        (&["nl", "fi"], "en"),
        (&["zh-Hant-TW", "fr-CH"], "fr"),
        (&["en-US", "de"], "en"),
        (&["*"], "en"),
        (&["not a tag", "", "de"], "de"),
        (&[], "en"),
    ] {
        assert_eq!(languages.choose(wanted.iter().copied()).tag(), chosen, "{wanted:?}");
    }
    let directions: Vec<_> = languages.all().map(|language| (language.tag(), language.direction())).collect();
    assert_eq!(directions.iter().filter(|(_, direction)| *direction == "rtl").count(), 1);
    assert!(directions.contains(&("ar".to_owned(), "rtl")));
}
