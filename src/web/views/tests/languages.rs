//! The texts of customers' pages: each one that a page asks for is there, none is left over, and each page can be read
//! in each language.

use super::*;
use crate::language::file::texts;

/// The files in which customers' pages ask for texts.
fn sources() -> Vec<String> {
    let mut files = [files_below(&in_crate("templates")), files_below(&in_crate("src/web"))].concat();
    files.push(in_crate("src/language/mod.rs"));
    files.retain(|file| !file.components().any(|part| part.as_os_str() == "tests"));
    files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

/// What stands between two quotation marks and has the form of a key. A key holds no quotation mark, so any two that
/// follow each other may be its own.
fn quoted(source: &str) -> impl Iterator<Item = &str> {
    let is_key = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    source.split('"').skip(1).filter(is_key)
}

#[test]
fn every_text_is_asked_for_and_every_text_that_is_asked_for_is_there() {
    let file = fs::read_to_string(in_crate("src/language/locales/en.ftl")).unwrap();
    let keys: BTreeSet<&str> = texts(&file).0.iter().map(|text| text.key).collect();
    let families: BTreeSet<&str> = keys.iter().filter_map(|key| Some(key.split_once('-')?.0)).collect();
    let sources = sources();
    let asked: BTreeSet<&str> = sources.iter().flat_map(|source| quoted(source)).collect();
    let of_a_family = |key: &&&str| key.split_once('-').is_some_and(|(family, _)| families.contains(family));
    let unknown: Vec<_> = asked.iter().filter(of_a_family).filter(|key| !keys.contains(**key)).collect();
    assert!(unknown.is_empty(), "no language has {unknown:?}");
    let unused: Vec<_> = keys.difference(&asked).collect();
    assert!(unused.is_empty(), "no page asks for {unused:?}");
}

#[test]
fn every_page_can_be_read_in_every_language() {
    let file = fs::read_to_string(in_crate("src/language/locales/en.ftl")).unwrap();
    let keys: Vec<&str> = texts(&file).0.iter().map(|text| text.key).filter(|key| key.contains('-')).collect();
    let languages = Languages::built_in();
    assert!(languages.all().count() >= 1);
    for language in languages.all() {
        let (tag, direction) = (language.tag(), language.direction());
        for (name, html) in customers_pages(&in_language(language)) {
            let start = format!("<!doctype html>\n<html lang=\"{tag}\" dir=\"{direction}\">");
            assert!(html.starts_with(&start), "{name} in {tag}");
            let text = readable(&html);
            for key in &keys {
                assert!(!text.split_whitespace().any(|word| word == *key), "{name} in {tag} says {key}");
            }
        }
    }
}
