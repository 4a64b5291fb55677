//! The floor plan of `src`: which module may know which, and what holds in every one of them.
//!
//! It reads `src` as text. The rules are tried on made-up source trees too (in `rules.rs`), so that they can be seen to
//! fail.

mod floors;
mod mention;
mod rules;
mod source_tree;
mod token;

use std::collections::BTreeSet;

use floors::Floors;
use source_tree::SourceTree;

/// Who may import whom, as `docs/ARCHITECTURE.md` has it. Each room may import itself; `*` is everybody, and
/// `provider::*` any one bank, which knows no other. A room is the longest name here that a module's path begins with.
const ROOMS: &[(&str, &[&str])] = &[
    // The front page of the crate, and the only assembly point.
    ("lib", &["*"]),
    ("gateway", &["*"]),
    ("main", &["gateway", "cli", "config", "telemetry"]),
    ("cli", &["gateway", "config", "engine", "domain", "keys", "clock", "telemetry"]),
    // What a bank or a Redis is configured as is its own; it says too which of it breaks a rule.
    (
        "config",
        &[
            "domain",
            "keys",
            "language",
            // Which address an SMTP server may have.
            "mail",
            "provider",
            "provider::http",
            "provider::ixopay",
            "provider::oidc",
            "provider::sandbox",
            "provider::token_io",
            "provider::yapily",
            "store::redis",
        ],
    ),
    // What the engine and the courier have sent. The clock, for the ids of mails.
    ("mail", &["engine::deps", "domain", "clock"]),
    ("telemetry", &["config"]),
    // Connections, below everything that answers.
    ("listener", &["telemetry"]),
    // How a node is: what its store, its providers and its listener say, for the pages of `web` and for the log.
    ("health", &["engine", "store", "clock", "listener", "telemetry", "domain"]),
    // What is decided.
    ("domain", &[]),
    ("clock", &["domain"]),
    ("keys", &["domain"]),
    // What customers read: amounts and days are the domain's.
    ("language", &["domain"]),
    ("dialect", &["domain"]),
    ("engine", &["engine::deps", "store", "provider", "domain", "clock", "keys"]),
    // What the courier is built from, too; it knows nothing else of the engine.
    ("engine::deps", &["store", "provider", "domain", "clock", "keys"]),
    // What is kept: the contract first, then its implementations, which do not know each other.
    ("store", &["domain", "clock"]),
    ("store::embedded", &["store", "domain", "clock"]),
    ("store::redis", &["store", "domain", "clock"]),
    // What is outside.
    ("egress", &["domain"]),
    // And how far an outgoing call got, which every provider that makes some reads alike.
    (
        "provider",
        &[
            "provider::payments",
            "provider::bank_transfer",
            "provider::authorization_response",
            "provider::identity",
            "egress",
            "domain",
        ],
    ),
    ("provider::authorization_response", &["domain"]),
    ("provider::bank_transfer", &["domain"]),
    // Who says who a person is, in the words of the return.
    ("provider::identity", &["provider", "provider::authorization_response", "domain"]),
    // Its words for payments, which every provider knows.
    ("provider::payments", &["domain"]),
    // The clock, because what a bank signs expires, and what we sign does too.
    // The keys, for the signatures of Standard Webhooks.
    ("provider::*", &["provider", "egress", "domain", "clock", "keys"]),
    // The keys open the secrets that merchants' webhooks are signed with.
    ("courier", &["engine::deps", "store", "egress", "domain", "clock", "keys"]),
    // The engine's eyes outside: it is asked by a trait of its deps, as the courier is.
    ("check_up", &["engine::deps", "egress", "domain"]),
    // Fetches merchants' logos for the engine, which knows only that somebody does.
    ("logo", &["engine::deps", "egress", "domain"]),
    ("web", &["web::views", "engine", "health", "dialect", "domain", "language", "telemetry", "listener"]),
    ("web::views", &["domain", "language"]),
    // Two neighbours that happen to live in the same binary: the test bank's pages, and the newcomer's shop, which is
    // an ordinary merchant's app.
    ("sandbox", &["provider::sandbox", "clock", "domain", "web", "web::views", "telemetry"]),
    ("demo", &["egress", "domain", "sandbox", "web", "web::views"]),
];

/// Crates that only these rooms may name. What stands here is what would be hard to take out again.
const CRATES: &[(&str, &[&str])] = &[
    ("actix_web", &["main", "gateway", "web", "sandbox", "demo", "telemetry", "listener"]),
    ("x509_cert", &["check_up"]),
    ("anyhow", &["main", "gateway", "cli"]),
    ("rand", &["clock", "telemetry"]),
    ("redis", &["store::redis"]),
    ("fluent_bundle", &["language"]),
    ("fluent_langneg", &["language"]),
    ("fluent_syntax", &["language"]),
    ("icu_calendar", &["language"]),
    ("icu_datetime", &["language"]),
    ("icu_decimal", &["language"]),
    ("unic_langid", &["language"]),
    // What decodes pictures from elsewhere stays behind its limits.
    ("image", &["logo"]),
    ("indicatif", &["cli"]),
    ("lettre", &["mail"]),
    ("ipnet", &["egress", "config", "listener"]),
    ("prometheus_client", &["telemetry"]),
    ("reqwest", &["egress", "provider::*"]),
    ("rusqlite", &["store::embedded"]),
];

/// All that the domain may name besides `std`: no serialisation, no runtime, no wire, no disk.
const DOMAIN_CRATES: &[&str] = &[
    "bs58",
    "data_encoding",
    "iso_currency",
    "isolang",
    "percent_encoding",
    "rust_iso3166",
    "subtle",
    "thiserror",
    "url",
    "uuid",
    "zeroize",
];

/// The engine from the ground up, as `src/engine/mod.rs` has it.
const FLOORS: &Floors = &[
    &["deps", "derive", "draft", "pace", "single_flight", "longest", "phone_code", "visitor"],
    &[
        "accounts",
        "ahead",
        "ask",
        "attempt",
        "change",
        "commit",
        "conclude",
        "create",
        "find",
        "lapse",
        "learn",
        "merchant_keys",
        "prove",
        "redirect",
        "scan",
        "visit",
        "watch",
    ],
    &["use_cases"],
    &["sweep"],
];

/// What the engine never says, in any spelling: it decides for every dialect and every bank alike.
fn vendors(tree: &SourceTree) -> BTreeSet<String> {
    let folders = tree.files.iter().filter_map(|file| match file.module.as_slice() {
        // Jobs and payments of `/v1` are our own.
        [room, dialect, _, ..] if room == "dialect" && !["job", "own"].contains(&dialect.as_str()) => {
            Some(dialect.replace('_', ""))
        }
        _ => None,
    });
    folders.chain(["sandbox".to_owned()]).collect()
}

/// Files of more than 400 lines, each with its reason.
const LONG: &[(&str, &str)] = &[];

#[test]
fn no_room_imports_a_room_that_it_may_not() {
    hold(&rules::imports(&SourceTree::on_disk(), ROOMS));
}

#[test]
fn crates_stay_in_their_rooms() {
    hold(&rules::crates(&SourceTree::on_disk(), CRATES));
}

#[test]
fn the_domain_knows_std_and_base_types_only() {
    let manifest: toml::Table = include_str!("../../Cargo.toml").parse().unwrap();
    let names = manifest["dependencies"].as_table().unwrap().keys();
    let dependencies: Vec<String> = names.map(|name| name.replace('-', "_")).collect();
    hold(&rules::domain_crates(&SourceTree::on_disk(), &dependencies, DOMAIN_CRATES));
}

#[test]
fn the_engine_knows_no_dialect_and_no_bank_by_name() {
    let tree = SourceTree::on_disk();
    let names = vendors(&tree);
    assert!(names.len() >= 5, "{names:?}");
    hold(&rules::unknown_to_the_engine(&tree, &names));
}

#[test]
fn use_cases_never_call_each_other_and_no_floor_knows_one_above() {
    hold(&floors::floors(&SourceTree::on_disk(), FLOORS));
}

#[test]
fn no_modules_of_a_folder_import_each_other_in_a_circle() {
    hold(&floors::circles(&SourceTree::on_disk()));
}

#[test]
fn one_function_in_the_whole_program_writes_a_location() {
    hold(&rules::one_location(&SourceTree::on_disk()));
}

#[test]
fn every_file_says_what_it_is_for_and_is_short() {
    hold(&rules::front_pages(&SourceTree::on_disk()));
    hold(&rules::lengths(&SourceTree::on_disk(), LONG));
}

#[test]
fn names_say_what_a_thing_is() {
    hold(&rules::names(&SourceTree::on_disk()));
}

#[test]
fn nothing_is_left_for_later() {
    hold(&rules::leftovers(&SourceTree::on_disk()));
}

#[track_caller]
fn hold(complaints: &[String]) {
    assert!(complaints.is_empty(), "the floor plan does not hold:\n  {}", complaints.join("\n  "));
}
