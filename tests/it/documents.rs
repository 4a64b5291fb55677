//! What the documents list is compared with what is there: promises and their tests, log lines, paths, methods, and
//! what they ask their readers to type.

mod paths;
mod typed;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Every Rust file below a folder.
fn sources(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}

/// What follows this heading, up to the next one.
fn section<'a>(document: &'a str, heading: &str) -> &'a str {
    let (_, rest) = document.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("{heading} is missing"));
    rest.split("\n## ").next().unwrap()
}

/// What stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The cells of a table's rows, without its head.
fn rows(section: &str) -> Vec<Vec<&str>> {
    section.lines().filter(|line| line.starts_with("| ")).map(cells).filter(|row| row[0] != "---").skip(1).collect()
}

fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split(" | ").map(str::trim).collect()
}

#[test]
fn each_claim_of_the_readme_names_tests_that_are_there() {
    let readme = text("README.md");
    let promises = rows(section(&readme, "## What is promised"));
    assert!(promises.len() >= 15, "{}", promises.len());
    for row in &promises {
        let (tests, files) = (quoted(row[1]), quoted(row[2]));
        assert!(!tests.is_empty(), "no test is named for: {}", row[0]);
        let code: Vec<String> = files.iter().map(|file| text(file)).collect();
        for test in tests {
            let is_there = code.iter().any(|code| is_run(test, code));
            assert!(is_there, "none of {files:?} has a test {test}, which shows: {}", row[0]);
        }
        for (file, code) in files.iter().zip(&code) {
            let has_one = quoted(row[1]).iter().any(|test| is_run(test, code));
            assert!(has_one, "{file} has none of the tests that show: {}", row[0]);
        }
    }
    let covered = rows(section(&readme, "## What each dialect covers"));
    assert_eq!(covered.len(), 5);
    let dialects = covered.iter().map(|row| row[0].split([' ', ',']).next().unwrap());
    for dialect in dialects.filter(|name| *name != "Handback's") {
        let has_row = promises.iter().any(|row| row[0].starts_with(&format!("**{dialect}**")));
        assert!(has_row, "What is promised has no row for {dialect}");
    }
}

/// Whether this code has a test of this name: a function that is marked as one, or a story that a list runs.
fn is_run(test: &str, code: &str) -> bool {
    let Some((before, _)) = code.split_once(&format!("fn {test}(")) else { return false };
    let marks = before.rsplit("\n\n").next().unwrap_or_default();
    let is_listed = || {
        let lists = code.split("![").skip(1).filter_map(|rest| rest.split(']').next());
        lists.flat_map(|list| list.split([',', ';'])).any(|story| story.trim() == test)
    };
    marks.contains("test]") || is_listed()
}

#[test]
fn a_test_counts_when_it_is_marked_or_listed() {
    let code = "on_every_store![a_story, another];\n\nasync fn a_story(x: u8) {}\n\n#[tokio::test]\nasync fn marked() {}\n\n\
                fn a_helper() {}\n";
    assert!(is_run("a_story", code) && is_run("marked", code));
    assert!(!is_run("a_helper", code) && !is_run("another", code) && !is_run("nowhere", code));
}

fn text_of(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap()
}

/// What is written to the log: its name, and its level.
fn events() -> BTreeSet<(String, &'static str)> {
    let mut events = BTreeSet::new();
    for file in sources("src") {
        let code = text_of(&file);
        for level in ["error", "warn", "info", "debug"] {
            for call in code.split(&format!("tracing::{level}!(")).skip(1) {
                let literals = arguments(call).split('"').skip(1).step_by(2);
                let names = literals.map(|text| text.split(':').next().unwrap_or_default());
                events.extend(names.filter(|name| is_event(name)).map(|name| (name.to_owned(), level)));
            }
        }
    }
    events
}

/// What stands before the parenthesis that ends a call.
fn arguments(call: &str) -> &str {
    let mut depth = 1;
    let end = call.find(|letter: char| {
        depth += match letter {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        depth == 0
    });
    &call[..end.expect("a call that ends")]
}

fn is_event(name: &str) -> bool {
    let is_word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    name.contains('.') && name.split('.').all(is_word)
}

#[test]
fn the_manual_lists_every_log_line_with_its_levels_and_no_other() {
    let written = events();
    assert!(written.len() >= 50, "{}", written.len());
    let manual = text("docs/OPERATING.md");
    let mut listed = BTreeSet::new();
    for row in rows(section(&manual, "## Logs")) {
        for name in quoted(row[0]).into_iter().filter(|name| is_event(name) && !name.starts_with("http.")) {
            let levels = ["error", "warn", "info", "debug"].into_iter().filter(|level| quoted(row[1]).contains(level));
            listed.extend(levels.map(|level| (name.to_owned(), level)));
        }
    }
    listed.retain(|(name, _)| name != "request.id");
    let (unlisted, unwritten): (Vec<_>, Vec<_>) =
        (written.difference(&listed).collect(), listed.difference(&written).collect());
    assert!(unlisted.is_empty(), "docs/OPERATING.md does not list {unlisted:?}");
    assert!(unwritten.is_empty(), "docs/OPERATING.md lists what nothing writes: {unwritten:?}");
}

fn as_text(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

#[test]
fn every_method_that_a_new_dialect_or_bank_has_to_have_is_in_its_trait() {
    let guide = text("docs/CONTRIBUTING.md");
    for (heading, file, least) in [
        ("## A new dialect in ten steps", "src/domain/dialect.rs", 6),
        ("## A new provider in ten steps", "src/provider/mod.rs", 9),
    ] {
        let code = text(file);
        let is_method = |name: &&str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let methods: Vec<_> = quoted(section(&guide, heading)).into_iter().filter(is_method).collect();
        assert!(methods.len() >= least, "{heading} names {methods:?}");
        for method in methods.into_iter().filter(|name| *name != "configure" && *name != "state") {
            assert!(code.contains(&format!("fn {method}(")), "{heading} names {method}, which is not in {file}");
        }
    }
}

/// The code's own words, which no caller of `/v1` need learn.
const PRIVATE: [&str; 13] = [
    "told", "tell", "tells", "book", "landing", "land", "lands", "news", "house", "errand", "errands", "parcel",
    "parcels",
];

/// The words of a text; a capital begins a new one, as in `listJobs`.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for letter in text.chars() {
        if !letter.is_ascii_alphabetic() || (letter.is_ascii_uppercase() && before.is_ascii_lowercase()) {
            words.push(String::new());
        }
        if letter.is_ascii_alphabetic() {
            words.last_mut().unwrap().push(letter.to_ascii_lowercase());
        }
        before = letter;
    }
    words
}

fn private_words(text: &str) -> Vec<String> {
    words(text).into_iter().filter(|word| PRIVATE.contains(&word.as_str())).collect()
}

/// What a source file writes for callers: its texts without what is filled into them, and the names of the fields of
/// the structs that are JSON.
fn written_texts(code: &str) -> String {
    let code = code.split("#[cfg(test)]").next().unwrap();
    let code = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let texts = code.split('"').skip(1).step_by(2).map(|text| {
        let (first, rest) = text.split_once('{').unwrap_or((text, ""));
        let rest = rest.split('{').filter_map(|part| part.split_once('}')).map(|(_, after)| after);
        std::iter::once(first).chain(rest).collect::<Vec<_>>().join(" ")
    });
    let of_json = |derived: &&str| derived.split(')').next().unwrap().contains("erialize");
    let fields = code.split("#[derive(").skip(1).filter(of_json).flat_map(|of| of.split("\n}").next().unwrap().lines());
    let fields = fields.filter_map(|line| Some(line.trim().trim_start_matches("pub ").split_once(": ")?.0.to_owned()));
    texts.chain(fields).collect::<Vec<_>>().join("\n")
}

#[test]
fn private_words_are_found_wherever_callers_would_read_them() {
    assert_eq!(
        private_words("Told in the news: listErrands, bookings, a_landing"),
        ["told", "news", "errands", "landing"]
    );
    let code =
        "/// news\n#[derive(Serialize)]\nstruct V {\n    landing: u8,\n}\nlet house = \"a {callbacks} is told\";\n";
    assert_eq!(private_words(&written_texts(code)), ["told", "landing"]);
}

#[test]
fn our_own_api_has_the_words_of_the_field() {
    let manual = text("static/openapi.json");
    assert_eq!(private_words(&manual), Vec::<String>::new(), "static/openapi.json");
    let (api, callbacks) = (sources("src/web/v1"), sources("src/dialect/job"));
    assert!(api.len() >= 12, "{}", api.len());
    for file in api.iter().chain(&callbacks) {
        assert_eq!(private_words(&written_texts(&text_of(file))), Vec::<String>::new(), "{}", file.display());
    }
}
