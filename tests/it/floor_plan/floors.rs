//! Who calls whom inside the engine, and circles anywhere.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::mention::{imported, mentions};
use super::source_tree::{File, SourceTree};

/// Modules of the engine, from the ground up.
pub type Floors = [&'static [&'static str]];

/// Each module of the engine mentions only its own floor and those below, a use case no other use case, and the ground
/// floor no store.
pub fn floors(tree: &SourceTree, floors: &Floors) -> Vec<String> {
    let floor_of = |name: &str| floors.iter().position(|floor| floor.contains(&name));
    let mut complaints = Vec::new();
    for file in tree.files.iter().filter(|file| file.module.first().is_some_and(|room| room == "engine")) {
        let Some(own) = file.module.get(1) else { continue };
        let Some(floor) = floor_of(own) else {
            complaints.push(format!("{} is on no floor of the engine", file.path));
            continue;
        };
        for mention in mentions(&file.module, &file.code) {
            let (at, path) = (file.at(mention.line), mention.path.join("::"));
            let [room, other, rest @ ..] = mention.path.as_slice() else { continue };
            if room != "engine" || other == "Engine" {
                continue;
            }
            match floor_of(other) {
                None => complaints.push(format!("{at} mentions {path}, which is not the module that has it")),
                Some(above) if above > floor => complaints.push(format!("{at} mentions {path}, of a floor above")),
                Some(_) => {}
            }
            let is_other_use_case = other == "use_cases" && own == "use_cases" && rest.first() != file.module.get(2);
            if is_other_use_case && file.module.len() > 2 && !rest.is_empty() {
                complaints.push(format!("{at} mentions {path}; a use case calls no other"));
            }
        }
        if floor == 0 {
            let reads = file.code.windows(2).filter(|pair| pair[0].is('.') && pair[1].word() == Some("store"));
            complaints
                .extend(reads.map(|pair| format!("{} reads the store on the ground floor", file.at(pair[1].line))));
        }
    }
    complaints
}

/// The circles of modules of one folder that mention each other, directly or through others.
pub fn circles(tree: &SourceTree) -> Vec<String> {
    let by_module: HashMap<&[String], &File> = tree.files.iter().map(|file| (file.module.as_slice(), file)).collect();
    let names: HashMap<&[String], HashMap<String, Vec<String>>> =
        tree.files.iter().map(|file| (file.module.as_slice(), imported(&file.module, &file.code))).collect();
    // A folder's modules, and which of them mention which.
    let mut folders: BTreeMap<Vec<String>, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for file in &tree.files {
        for mention in mentions(&file.module, &file.code) {
            let path = where_it_is(mention.path, &by_module, &names);
            let shared = file.module.iter().zip(&path).take_while(|(own, other)| own == other).count();
            let (Some(own), Some(other)) = (file.module.get(shared), path.get(shared)) else { continue };
            if by_module.keys().any(|module| module.starts_with(&path[..=shared])) {
                let folder = folders.entry(path[..shared].to_vec()).or_default();
                folder.entry(own.clone()).or_default().insert(other.clone());
            }
        }
    }
    let mut complaints = Vec::new();
    for (folder, mentions) in &folders {
        let mut done = BTreeSet::new();
        for start in mentions.keys() {
            let mut circle = reached(mentions, start);
            circle.retain(|other| reached(mentions, other).contains(start));
            if circle.len() > 1 && done.insert(circle.clone()) {
                let circle: Vec<String> = circle.into_iter().collect();
                let folder = if folder.is_empty() { "the crate".to_owned() } else { folder.join("::") };
                complaints.push(format!("{folder}: {}", circle.join(", ")));
            }
        }
    }
    complaints
}

/// The path at which something really is, where the path that was mentioned leads through a re-export.
fn where_it_is(
    mut path: Vec<String>,
    modules: &HashMap<&[String], &File>,
    names: &HashMap<&[String], HashMap<String, Vec<String>>>,
) -> Vec<String> {
    for _ in 0..4 {
        let Some(length) = (0..=path.len()).rev().find(|length| modules.contains_key(&path[..*length])) else { break };
        let Some(name) = path.get(length) else { break };
        match names.get(&path[..length]).and_then(|names| names.get(name)) {
            Some(real) if *real != path[..=length] => path = [real.as_slice(), &path[length + 1..]].concat(),
            _ => break,
        }
    }
    path
}

fn reached(mentions: &BTreeMap<String, BTreeSet<String>>, start: &str) -> BTreeSet<String> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![start.to_owned()]);
    while let Some(module) = next.pop() {
        for other in mentions.get(&module).into_iter().flatten() {
            if reached.insert(other.clone()) {
                next.push(other.clone());
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOORS: &Floors = &[&["derive"], &["commit"], &["use_cases"], &["sweep"]];

    fn engine(path: &str, text: &str) -> Vec<String> {
        floors(&SourceTree::of([("src/engine/mod.rs", ""), (path, text)]), FLOORS)
    }

    #[test]
    fn a_use_case_that_calls_another_is_found() {
        let complaints = engine("src/engine/use_cases/redeem.rs", "use crate::engine::use_cases::open;");
        assert_eq!(
            complaints,
            ["src/engine/use_cases/redeem.rs:1 mentions engine::use_cases::open; a use case calls no other"]
        );
        for text in ["fn f() { super::open::open() }", "use super::open::Opened;"] {
            assert_eq!(engine("src/engine/use_cases/redeem.rs", text).len(), 1, "{text}");
        }
        assert!(engine("src/engine/use_cases/redeem.rs", "use crate::engine::{commit, derive};").is_empty());
    }

    #[test]
    fn a_floor_knows_those_below() {
        for (path, text) in [
            ("src/engine/commit.rs", "use crate::engine::use_cases::open;"),
            ("src/engine/derive.rs", "use super::commit;"),
            ("src/engine/use_cases/open.rs", "use crate::engine::sweep::SWEPT;"),
            ("src/engine/commit.rs", "use super::Opened;"),
            ("src/engine/derive.rs", "fn f(deps: &Deps) { deps.store.find() }"),
            ("src/engine/attic.rs", ""),
        ] {
            assert_eq!(engine(path, text).len(), 1, "{path}: {text}");
        }
        for (path, text) in [
            ("src/engine/sweep.rs", "use crate::engine::use_cases::{open, redeem}; use super::Engine;"),
            ("src/engine/commit.rs", "use super::derive; fn f(deps: &Deps) { deps.store.find() }"),
            ("src/web/mod.rs", "use crate::engine::Opened;"),
        ] {
            assert_eq!(engine(path, text), Vec::<String>::new(), "{path}: {text}");
        }
    }

    #[test]
    fn circles_are_found_among_the_modules_of_a_folder() {
        let circle = |files: &[(&str, &str)]| circles(&SourceTree::of(files.iter().copied()));
        let two = [("src/a/b.rs", "use super::c::X;"), ("src/a/c.rs", "fn f() { crate::a::b::g() }")];
        assert_eq!(circle(&two), ["a: b, c"]);
        let three =
            [("src/b.rs", "use crate::c::X;"), ("src/c/d.rs", "use crate::e;"), ("src/e.rs", "use crate::b::Y;")];
        assert_eq!(circle(&three), ["the crate: b, c, e"]);
        let through = [
            ("src/a/mod.rs", "pub use b::X; mod b; mod c;"),
            ("src/a/b.rs", "use super::c::Y;"),
            ("src/a/c.rs", "use super::X;"),
        ];
        assert_eq!(circle(&through).len(), 1, "through a re-export");
        let downwards =
            [("src/a/b.rs", "use super::c::X; use crate::d;"), ("src/a/c.rs", "use crate::d::Y;"), ("src/d.rs", "")];
        assert_eq!(circle(&downwards), Vec::<String>::new());
    }
}
