//! An operator's own texts: what they change, what they add, and what is wrong in them.

use std::fs;

use super::*;

/// A configuration with these files in its folder of languages.
fn with_files(files: &[(&str, &str)]) -> Result<Config, Mistakes> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    load(&[("HANDBACK_LANGUAGES", folder.path().to_str().unwrap())])
}

#[test]
fn a_file_changes_texts_of_a_language_and_leaves_the_others() {
    let config = with_files(&[("de.ftl", "cancel = Lieber nicht\n"), ("README.md", "not = ours")]).unwrap();
    let german = config.languages.choose(["de"]);
    assert_eq!((german.text("cancel"), german.text("continue")), ("Lieber nicht".into(), "Weiter".into()));
    assert_eq!(config.languages.all().count(), load(&[]).unwrap().languages.all().count());
}

#[test]
fn a_file_adds_a_language_which_says_the_rest_as_the_nearest_one_does() {
    let files = [
        ("nl.ftl", "cancel = Annuleren\n"),
        ("de-AT.ftl", "continue = Passt\n"),
        ("de.ftl", "cancel = Lieber nicht\n"),
        ("he.ftl", "cancel = ביטול\n"),
        ("en.ftl", "cancel = Never mind\n"),
    ];
    let languages = with_files(&files).unwrap().languages;
    let said = |tag: &str, key: &str| languages.choose([tag]).text(key);
    assert_eq!((said("nl", "cancel"), said("nl-BE", "continue")), ("Annuleren".into(), "Continue".into()));
    // What stands on German stands on the operator's German.
    let austrian = ["continue", "cancel", "detail-to"].map(|key| said("de-AT", key));
    assert_eq!(austrian, ["Passt", "Lieber nicht", "Empfänger"]);
    assert_eq!(said("de", "continue"), "Weiter");
    assert_eq!((said("fi", "cancel"), said("en-US", "cancel")), ("Never mind".into(), "Never mind".into()));
    assert_eq!(languages.choose(["he"]).direction(), "rtl");
    // Its amounts are its own people's.
    let amount = crate::domain::Amount::from_minor(123_450, crate::domain::Currency::EUR);
    assert_eq!(languages.choose(["nl"]).amount(amount), "1.234,50 EUR");
}

#[test]
fn everything_that_is_wrong_in_the_files_is_named_with_file_line_and_text() {
    let wrong = "# Our own words.\n\ncancl = Lieber nicht\nback-to = Zurück\ncheckout-pay = { $sum } zahlen\ncancel = { NUMBER(5) }\nthis is no text\n";
    let files = [("de.ftl", wrong), ("nl.ftl", "cancel = Annuleren\ncancel = Stoppen\n"), ("our words.ftl", "")];
    let told = with_files(&files).unwrap_err().to_string();
    for expected in [
        "/de.ftl: line 3: cancl is a text that no page has",
        "/de.ftl: line 4: back-to lacks the variable $merchant",
        "/de.ftl: line 5: checkout-pay lacks the variable $amount",
        "/de.ftl: line 5: checkout-pay has the variable $sum, which it is not given",
        "/de.ftl: line 6: cancel refers to another text, a term or a function",
        "/de.ftl: line 7: ",
        "/nl.ftl: line 2: cancel comes twice",
        "/our words.ftl: its name is not the tag of a language",
    ] {
        assert!(told.contains(expected), "{expected} in\n{told}");
    }
    assert_eq!(told.matches("languages (from HANDBACK_LANGUAGES) has a mistake").count(), 8, "{told}");
    assert!(with_files(&[]).unwrap_err().to_string().contains("has no file *.ftl"));
}
