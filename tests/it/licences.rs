//! The licences of everything that is linked in, on every platform: each must be one we can live with.

use std::process::Command;

use serde_json::Value;

/// What may be linked into a program that is itself MIT OR Apache-2.0, asking for no more than a notice.
const ALLOWED: [&str; 10] = [
    "MIT",
    "MIT-0",
    "0BSD",
    "Apache-2.0",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "BSL-1.0",
    "Unicode-3.0",
    "CDLA-Permissive-2.0",
];

#[test]
fn every_dependency_has_a_licence_that_is_allowed() {
    let refused: Vec<String> = packages().iter().filter_map(refusal).collect();
    assert!(refused.is_empty(), "allowed are {}; and these are not:\n{}", ALLOWED.join(", "), refused.join("\n"));
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    for good in [
        "MIT",
        "MIT OR GPL-3.0",
        "GPL-3.0 OR (MIT AND Zlib)",
        "(MIT OR GPL-2.0) AND ISC",
        "Apache-2.0 / MIT",
        "GPL-2.0/MIT",
        "Apache-2.0 WITH LLVM-exception OR MIT",
    ] {
        assert!(is_allowed(good), "{good} was refused");
    }
    let exception = "Apache-2.0 WITH LLVM-exception";
    for bad in ["GPL-3.0", "MIT AND GPL-3.0", "MIT OR", "(MIT", "MIT)", "MIT ISC", "", "mit", exception] {
        assert!(!is_allowed(bad), "{bad} was accepted");
    }
}

fn packages() -> Vec<Value> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version", "1", "--locked"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().clone();
    assert!(packages.len() > 10, "only {} packages were found", packages.len());
    packages
}

fn refusal(package: &Value) -> Option<String> {
    let licence = package["license"].as_str().unwrap_or("none that cargo knows of");
    (!is_allowed(licence)).then(|| format!("{} {}: {licence}", package["name"], package["version"]))
}

/// Whether an SPDX expression can be met with allowed licences alone. An old `/` means OR.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    matches!(any(&words), Some((true, [])))
}

/// The value of an expression, and the words behind it; `None` when it is no expression.
type Read<'a> = Option<(bool, &'a [&'a str])>;

fn any<'a>(words: &'a [&'a str]) -> Read<'a> {
    match all(words)? {
        (left, ["OR", rest @ ..]) => any(rest).map(|(right, rest)| (left || right, rest)),
        read => Some(read),
    }
}

fn all<'a>(words: &'a [&'a str]) -> Read<'a> {
    match one(words)? {
        (left, ["AND", rest @ ..]) => all(rest).map(|(right, rest)| (left && right, rest)),
        read => Some(read),
    }
}

fn one<'a>(words: &'a [&'a str]) -> Read<'a> {
    match words {
        ["(", rest @ ..] => match any(rest)? {
            (value, [")", rest @ ..]) => Some((value, rest)),
            _ => None,
        },
        // An exception is a licence of its own, and none is on the list.
        [_, "WITH", _, rest @ ..] => Some((false, rest)),
        [licence, rest @ ..] if !["OR", "AND", "WITH", ")"].contains(licence) => {
            Some((ALLOWED.contains(licence), rest))
        }
        _ => None,
    }
}
