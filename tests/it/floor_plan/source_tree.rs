//! The source files, and the room that each of them is in.

use std::fs;
use std::path::{Path, PathBuf};

use super::token::{Token, tokens, without_tests};

/// All the source there is.
pub struct SourceTree {
    pub files: Vec<File>,
}

/// One source file.
pub struct File {
    /// Its path, from the repository's root.
    pub path: String,
    /// The module it is, from the crate's root.
    pub module: Vec<String>,
    pub text: String,
    /// Its tokens, tests left out.
    pub code: Vec<Token>,
}

/// Who may import whom.
pub type Rooms = [(&'static str, &'static [&'static str])];

impl SourceTree {
    /// The tree as it stands.
    pub fn on_disk() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut paths = Vec::new();
        walk(&root.join("src"), &mut paths);
        paths.sort();
        assert!(paths.len() > 10, "only {} source files were found", paths.len());
        let read = |path: &PathBuf| {
            let short = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            (short, fs::read_to_string(path).unwrap())
        };
        Self::of(paths.iter().map(read))
    }

    /// A tree of these files, as `(path, text)`.
    pub fn of(files: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>) -> Self {
        let files = files.into_iter().map(|(path, text)| File::new(path.into(), text.into()));
        Self { files: files.filter(|file| !file.is_test()).collect() }
    }

    /// The room that a path from the crate's root leads into; `None` where the floor plan has none.
    pub fn room(&self, path: &[String], rooms: &Rooms) -> Option<String> {
        let [first, rest @ ..] = path else { return Some("lib".into()) };
        let inner = rest.first().map(|second| format!("{first}::{second}"));
        let is_module = inner.is_some() && self.files.iter().any(|file| file.module.starts_with(&path[..2]));
        inner.filter(|inner| is_module && row(inner, rooms).is_some()).or_else(|| {
            // A word that is no room but lives in the root, such as a macro, is the front page's.
            row(first, rooms).map(|_| first.clone())
        })
    }
}

impl File {
    fn new(path: String, text: String) -> Self {
        let code = without_tests(&tokens(&text));
        Self { module: module(&path), path, text, code }
    }

    /// Whether it is there for tests alone: a `tests` file or folder, or the store's law book.
    fn is_test(&self) -> bool {
        self.module.iter().any(|name| name == "tests") || self.path.starts_with("src/store/laws/")
    }

    /// Its room.
    pub fn room(&self, tree: &SourceTree, rooms: &Rooms) -> Option<String> {
        if self.path == "src/main.rs" { Some("main".into()) } else { tree.room(&self.module, rooms) }
    }

    /// `path:line`, for a complaint.
    pub fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path)
    }
}

/// What a room may import; a room such as `provider::sandbox` may share the row `provider::*`.
pub fn row(room: &str, rooms: &Rooms) -> Option<&'static [&'static str]> {
    let named = |name: &str| rooms.iter().find(|(room, _)| *room == name).map(|(_, may)| *may);
    named(room).or_else(|| named(&format!("{}::*", room.split_once("::")?.0)))
}

/// Whether a list of rooms holds this one, by name or by `provider::*` or `*`.
pub fn holds(list: &[&str], room: &str) -> bool {
    let any_of_its_kind = room.split_once("::").map(|(first, _)| format!("{first}::*"));
    list.iter().any(|one| *one == "*" || *one == room || any_of_its_kind.as_deref() == Some(one))
}

fn module(path: &str) -> Vec<String> {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
    let inner = inner.strip_suffix("/mod").unwrap_or(inner);
    inner.split('/').filter(|name| !matches!(*name, "lib" | "main")).map(str::to_owned).collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}
