//! The rules, each from a tree to the complaints about it; and made-up source trees that break them.

use std::collections::BTreeSet;

use super::mention::mentions;
use super::source_tree::{File, Rooms, SourceTree, holds, row};
use super::token::{Kind, Token, end_of_group};

/// The most lines of a file that gives no reason.
const MOST_LINES: usize = 400;

/// Each room imports only what the floor plan lets it.
pub fn imports(tree: &SourceTree, rooms: &Rooms) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in &tree.files {
        let Some((room, may)) = file.room(tree, rooms).and_then(|room| Some((room.clone(), row(&room, rooms)?))) else {
            complaints.push(format!("{} is in no room of the floor plan", file.path));
            continue;
        };
        let may_import = |other: &str| other == room || holds(may, other);
        for mention in mentions(&file.module, &file.code) {
            let (at, path) = (file.at(mention.line), mention.path.join("::"));
            match tree.room(&mention.path, rooms) {
                Some(other) if may_import(&other) => {}
                Some(other) => {
                    let list = if may.is_empty() { "nothing of ours".to_owned() } else { may.join(", ") };
                    complaints.push(format!("{at} imports {path}, of the room {other}; {room} may import {list}"));
                }
                None => complaints.push(format!("{at} mentions {path}, and no room has that name")),
            }
        }
    }
    complaints
}

/// Crates that are named only in some rooms.
pub fn crates(tree: &SourceTree, crates: &[(&str, &[&str])]) -> Vec<String> {
    let in_rooms = |file: &File, rooms: &[&str]| {
        rooms.iter().any(|room| {
            let names: Vec<&str> = room.split("::").filter(|name| *name != "*").collect();
            match file.path.as_str() {
                "src/main.rs" => *room == "main",
                _ => file.module.iter().take(names.len()).eq(names.iter()),
            }
        })
    };
    let mut complaints = Vec::new();
    for (name, rooms) in crates {
        for file in tree.files.iter().filter(|file| !in_rooms(file, rooms)) {
            let lines = heads(&file.code).filter(|(_, head)| head == name).map(|(line, _)| line);
            complaints.extend(lines.map(|line| format!("{} names {name}, of {}", file.at(line), rooms.join(", "))));
        }
    }
    complaints
}

/// The domain names none of the program's `dependencies` but those allowed.
pub fn domain_crates(tree: &SourceTree, dependencies: &[String], allowed: &[&str]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in tree.files.iter().filter(|file| file.module.first().is_some_and(|room| room == "domain")) {
        for (line, head) in heads(&file.code) {
            if dependencies.iter().any(|name| name == head) && !allowed.contains(&head) {
                let list = allowed.join(", ");
                complaints.push(format!("{} names {head}; the domain knows std, {list}", file.at(line)));
            }
        }
    }
    complaints
}

/// Names that never stand in the engine, as a text or as a word of the program.
pub fn unknown_to_the_engine(tree: &SourceTree, names: &BTreeSet<String>) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in tree.files.iter().filter(|file| file.module.first().is_some_and(|room| room == "engine")) {
        for token in &file.code {
            let (Kind::Text(text) | Kind::Word(text)) = &token.kind else { continue };
            let plain = text.to_lowercase().replace(['_', '-', '.', ' '], "");
            let known = names.iter().find(|name| plain.contains(name.as_str()));
            complaints.extend(known.map(|name| format!("{} says {name} ({text:?})", file.at(token.line))));
        }
    }
    complaints
}

/// At most one function mentions the `Location` header, and exactly one once there is a `web`.
pub fn one_location(tree: &SourceTree) -> Vec<String> {
    let mut writers = Vec::new();
    let mut complaints = Vec::new();
    for file in &tree.files {
        for (name, line, body) in functions(&file.code) {
            if body.iter().any(is_location) {
                writers.push(format!("{} {name}", file.at(line)));
            }
        }
        // actix-web has a responder that writes one by itself.
        let ready_made = file
            .code
            .windows(3)
            .filter(|w| w[0].word() == Some("web") && w[1].kind == Kind::Sep && w[2].word() == Some("Redirect"));
        complaints.extend(ready_made.map(|w| format!("{} uses web::Redirect", file.at(w[0].line))));
    }
    let has_front_door = tree.files.iter().any(|file| file.path == "src/gateway.rs");
    if writers.len() > 1 || (has_front_door && writers.is_empty()) {
        complaints.push(format!("one function writes a Location, not {}: {}", writers.len(), writers.join(", ")));
    }
    complaints
}

/// Every file begins with what it is for.
pub fn front_pages(tree: &SourceTree) -> Vec<String> {
    let silent = tree.files.iter().filter(|file| !file.text.starts_with("//! "));
    silent.map(|file| format!("{} does not begin with //! and what it is for", file.path)).collect()
}

/// No file is too long without a reason, and no reason outlives its file's length.
pub fn lengths(tree: &SourceTree, long: &[(&str, &str)]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in &tree.files {
        let lines = file.text.lines().count();
        match long.iter().find(|(path, _)| *path == file.path) {
            None if lines > MOST_LINES => {
                complaints.push(format!("{} has {lines} lines, more than {MOST_LINES}, and no reason", file.path));
            }
            Some(_) if lines <= MOST_LINES => {
                complaints.push(format!("{} has {lines} lines and needs no reason any more", file.path));
            }
            _ => {}
        }
    }
    let gone = long.iter().filter(|(path, _)| tree.files.iter().all(|file| file.path != *path));
    complaints.extend(gone.map(|(path, _)| format!("{path} has a reason to be long, and is not there")));
    complaints
}

/// Modules and functions have names that say something.
pub fn names(tree: &SourceTree) -> Vec<String> {
    const MODULES: [&str; 10] =
        ["utils", "util", "helpers", "helper", "managers", "manager", "services", "service", "common", "misc"];
    const FUNCTIONS: [&str; 3] = ["handle_", "process_", "get_"];
    let mut complaints = Vec::new();
    for file in &tree.files {
        let empty = file.module.iter().filter(|name| MODULES.contains(&name.as_str()));
        complaints.extend(empty.map(|name| format!("{} is in a module named {name}", file.path)));
        for pair in file.code.windows(2) {
            let (Some(keyword), Some(name)) = (pair[0].word(), pair[1].word()) else { continue };
            let says_nothing = match keyword {
                "mod" => MODULES.contains(&name),
                "fn" => FUNCTIONS.iter().any(|start| name.starts_with(start)),
                _ => false,
            };
            if says_nothing {
                complaints.push(format!("{} {keyword} {name}: say what it is or does", file.at(pair[1].line)));
            }
        }
    }
    complaints
}

/// Nothing waits for somebody else to do it.
pub fn leftovers(tree: &SourceTree) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in &tree.files {
        for (index, line) in file.text.lines().enumerate() {
            let mut words = line.split(|c: char| !c.is_ascii_alphanumeric());
            if words.any(|word| matches!(word, "TODO" | "FIXME" | "XXX")) {
                complaints.push(format!("{} leaves something for later: {}", file.at(index + 1), line.trim()));
            }
        }
    }
    complaints
}

/// The first words of paths, and of what is imported.
fn heads(code: &[Token]) -> impl Iterator<Item = (usize, &str)> {
    code.iter().enumerate().filter_map(|(at, token)| {
        let word = token.word()?;
        let before = at.checked_sub(1).and_then(|i| code.get(i));
        let begins = !before.is_some_and(|t| matches!(t.kind, Kind::Sep | Kind::Mark('.')));
        let leads = code.get(at + 1).is_some_and(|next| next.kind == Kind::Sep);
        let imported = before.is_some_and(|t| t.word() == Some("use"));
        (begins && (leads || imported) && !in_branches(code, at)).then_some((token.line, word))
    })
}

/// Whether the word at `at` stands inside the braces of a `use`, where it is no first word.
fn in_branches(code: &[Token], at: usize) -> bool {
    let mut depth = 0_i32;
    for token in code[..at].iter().rev() {
        match &token.kind {
            Kind::Mark('}') => depth += 1,
            Kind::Mark('{') => depth -= 1,
            Kind::Mark(';') if depth <= 0 => return false,
            Kind::Word(word) if word == "use" => return depth < 0,
            _ => {}
        }
    }
    false
}

fn is_location(token: &Token) -> bool {
    match &token.kind {
        Kind::Word(word) => word == "LOCATION",
        Kind::Text(text) => text.eq_ignore_ascii_case("location"),
        Kind::Sep | Kind::Mark(_) => false,
    }
}

/// Every function with a body: name, line, and its tokens from the name on.
fn functions(code: &[Token]) -> Vec<(&str, usize, &[Token])> {
    let mut found = Vec::new();
    for (at, pair) in code.windows(2).enumerate() {
        let (Some("fn"), Some(name)) = (pair[0].word(), pair[1].word()) else { continue };
        let mut end = at + 2;
        while code.get(end).is_some_and(|token| !token.is('{') && !token.is(';')) {
            end = if code[end].is('(') || code[end].is('[') { end_of_group(code, end) } else { end + 1 };
        }
        if code.get(end).is_some_and(|token| token.is('{')) {
            found.push((name, pair[1].line, &code[at..end_of_group(code, end)]));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::{CRATES, DOMAIN_CRATES, ROOMS, vendors};
    use super::*;

    /// A tree whose rooms are there, with one file more.
    fn tree(path: &str, text: &str) -> SourceTree {
        let rooms = [
            "src/gateway.rs",
            "src/store/embedded/mod.rs",
            "src/store/redis/keys.rs",
            "src/provider/sandbox.rs",
            "src/provider/oidc.rs",
        ];
        SourceTree::of(rooms.map(|path| (path, "")).into_iter().chain([(path, text)]))
    }

    #[track_caller]
    fn one(complaints: &[String], expected: &str) {
        assert_eq!(complaints, [expected]);
    }

    #[test]
    fn a_forbidden_import_is_shown_with_its_line_and_what_is_allowed() {
        let complaints = imports(&tree("src/web/secpaid.rs", "//! X\n\nuse crate::store::Journeys;\n"), ROOMS);
        one(
            &complaints,
            "src/web/secpaid.rs:3 imports store::Journeys, of the room store; \
             web may import web::views, engine, health, dialect, domain, language, telemetry, listener",
        );
    }

    #[test]
    fn walls_are_where_the_plan_has_them() {
        for (path, text) in [
            ("src/engine/open.rs", "use crate::store::redis::RedisStore;"),
            ("src/engine/open.rs", "use crate::{domain::x::Y, store::{Store, embedded}};"),
            ("src/engine/open.rs", "use crate::store; fn f() { store::embedded::open() }"),
            ("src/engine/open.rs", "fn f() { crate::provider::sandbox::Sandbox::new() }"),
            ("src/engine/open.rs", "use super::super::web::Reply;"),
            ("src/engine/open.rs", "use crate::dialect::secpaid;"),
            ("src/store/embedded/sql.rs", "use super::super::redis::keys;"),
            ("src/store/record.rs", "use super::embedded::X;"),
            ("src/provider/sandbox/mod.rs", "use crate::provider::oidc::X;"),
            ("src/provider/mod.rs", "use crate::provider::sandbox::X;"),
            ("src/domain/plan.rs", "use crate::clock::Clock;"),
            ("src/telemetry.rs", "use crate::domain::id::Id;"),
            ("src/demo/mod.rs", "use crate::engine::Engine;"),
            ("src/main.rs", "use handback::engine::Engine;"),
            ("src/web/mod.rs", "use crate::unheard_of::X;"),
            ("src/unheard_of.rs", ""),
        ] {
            assert_eq!(imports(&tree(path, text), ROOMS).len(), 1, "{path}: {text}");
        }
    }

    #[test]
    fn doors_are_where_the_plan_has_them() {
        for (path, text) in [
            (
                "src/engine/open.rs",
                "use crate::{provider::Provider, clock::Clock, domain::x::Y, keys::Keys, store::Store};",
            ),
            ("src/engine/open.rs", "use super::leave::X; pub(crate) fn f() {}"),
            ("src/engine/open.rs", "#[cfg(test)] mod tests { use crate::store::embedded::X; }"),
            (
                "src/engine/open.rs",
                "// crate::web::X\n/// [`crate::web::X`]\nfn f() -> &'static str { \"crate::web\" }",
            ),
            ("src/store/embedded/sql.rs", "use super::super::record::read; use super::X; use crate::clock::Clock;"),
            ("src/provider/sandbox.rs", "use super::{Provider, VisitContext}; use crate::egress::Egress;"),
            ("src/gateway.rs", "use crate::store::redis::X; use crate::provider::oidc::X; use crate::web;"),
            ("src/main.rs", "use handback::gateway::Gateway; use handback::cli::Cli;"),
            ("src/domain/a/b.rs", "use super::super::c::D; use std::fmt;"),
        ] {
            assert_eq!(imports(&tree(path, text), ROOMS), Vec::<String>::new(), "{path}: {text}");
        }
    }

    #[test]
    fn crates_in_other_rooms_are_found() {
        for (path, text) in [
            ("src/engine/open.rs", "use redis::Client;"),
            ("src/web/mod.rs", "fn f() { rusqlite::Connection::open() }"),
            ("src/store/redis/mod.rs", "use rusqlite;"),
            ("src/dialect/mod.rs", "use actix_web::web;"),
        ] {
            assert_eq!(crates(&tree(path, text), CRATES).len(), 1, "{path}: {text}");
        }
        for (path, text) in [
            ("src/store/redis/mod.rs", "use redis::{Client, aio}; mod keys;"),
            ("src/provider/oidc.rs", "use reqwest::Client;"),
            ("src/gateway.rs", "use crate::store::redis::RedisStore; use crate::store::{redis, embedded};"),
            ("src/main.rs", "use anyhow::Context as _;"),
        ] {
            assert_eq!(crates(&tree(path, text), CRATES), Vec::<String>::new(), "{path}: {text}");
        }
    }

    #[test]
    fn the_domain_is_held_to_base_types() {
        let dependencies = ["serde", "tokio", "url"].map(str::to_owned);
        let complaints = |text| domain_crates(&tree("src/domain/x.rs", text), &dependencies, DOMAIN_CRATES);
        for text in ["use serde::Serialize;", "#[derive(serde::Serialize)] struct X;", "use tokio;"] {
            assert_eq!(complaints(text).len(), 1, "{text}");
        }
        let good = "mod list; pub use list::{A, serde}; use std::{fmt, mem as m}; use url::{Host, form_urlencoded}; \
                    use super::y; fn f(tokio: u8) { fmt::a(); m::b(); y::tokio::c(); char::d(); tokio.x() }";
        assert_eq!(complaints(good), Vec::<String>::new());
    }

    #[test]
    fn names_unknown_to_the_engine_are_found_in_every_spelling() {
        let names = vendors(&SourceTree::on_disk());
        for text in ["\"secpaid\"", "\"token-io\"", "\"Token.io\"", "fn is_sandbox() {}", "enum X { TokenIo }"] {
            let complaints = unknown_to_the_engine(&tree("src/engine/x.rs", text), &names);
            assert_eq!(complaints.len(), 1, "{text}");
        }
        let told = "// secpaid says so\n#[cfg(test)] mod tests { const X: &str = \"sandbox\"; }";
        assert!(unknown_to_the_engine(&tree("src/engine/x.rs", told), &names).is_empty());
    }

    #[test]
    fn a_second_writer_of_location_is_found() {
        let first = "use actix_web::http::header; fn away() { x.insert(header::LOCATION, y) }";
        assert!(one_location(&tree("src/web/away.rs", first)).is_empty());
        for second in ["fn b() { x.append((\"Location\", y)) }", "fn b([u8; 2]) -> X { LOCATION }"] {
            assert_eq!(one_location(&tree("src/web/away.rs", &format!("{first} {second}"))).len(), 1, "{second}");
        }
        assert_eq!(one_location(&tree("src/web/away.rs", "fn a() {}")).len(), 1, "none at all");
        assert_eq!(one_location(&tree("src/web/a.rs", &format!("{first} use actix_web::web::Redirect;"))).len(), 1);
    }

    #[test]
    fn long_silent_and_unfinished_files_are_found() {
        let long = "//! X\n".repeat(MOST_LINES + 1);
        assert_eq!(lengths(&tree("src/x.rs", &long), &[]).len(), 1);
        assert!(lengths(&tree("src/x.rs", &long), &[("src/x.rs", "why")]).is_empty());
        assert_eq!(lengths(&tree("src/x.rs", ""), &[("src/x.rs", "why")]).len(), 1);
        assert_eq!(lengths(&tree("src/x.rs", ""), &[("src/gone.rs", "why")]).len(), 1);
        assert_eq!(front_pages(&SourceTree::of([("src/x.rs", "// X\n")])).len(), 1);
        assert_eq!(leftovers(&tree("src/x.rs", "//! X\n// TODO: later\n")).len(), 1);
        assert!(leftovers(&tree("src/x.rs", "//! A TODOLIST\n")).is_empty());
    }

    #[test]
    fn names_that_say_nothing_are_found() {
        for (path, text) in [
            ("src/web/utils.rs", ""),
            ("src/web/helpers/mod.rs", ""),
            ("src/web/x.rs", "mod common {}"),
            ("src/web/x.rs", "async fn handle_return() {}"),
            ("src/web/x.rs", "impl X { pub fn get_y(&self) {} }"),
        ] {
            assert_eq!(names(&tree(path, text)).len(), 1, "{path}: {text}");
        }
        assert!(names(&tree("src/web/x.rs", "fn budget_of() {} fn process() {} mod page {}")).is_empty());
    }
}
