//! Every path that a document names is there: files, folders, what it links to, and the headings behind a `#`.

use std::path::{Path, PathBuf};

use super::{as_text, quoted, root, sources, text};

/// The documents, by their paths.
fn documents() -> Vec<String> {
    let folder = std::fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().file_name());
    let manuals = folder.filter_map(|name| Some(format!("docs/{}", name.to_str().filter(|name| is_document(name))?)));
    ["README.md".to_owned(), "CHANGELOG.md".to_owned()].into_iter().chain(manuals).collect()
}

fn is_document(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|end| end == "md")
}

/// A document without its blocks of code, and those blocks.
fn parted(document: &str) -> (String, String) {
    let parts: Vec<&str> = document.split("```").collect();
    let every_second = |from: usize| parts.iter().skip(from).step_by(2).copied().collect::<String>();
    (every_second(0), every_second(1))
}

/// The names of paths in a document: between backticks in its prose, and from the root in its blocks of code.
fn names(document: &str) -> Vec<String> {
    let (prose, code) = parted(document);
    let from_root = |word: &&str| ["src/", "tests/", "docs/", "scripts/"].iter().any(|root| word.starts_with(root));
    let words = code.split(|letter: char| letter.is_whitespace() || "\"'`;,:()".contains(letter)).filter(from_root);
    quoted(&prose).into_iter().chain(words).filter(|name| is_path(name)).map(str::to_owned).collect()
}

/// Whether this is written as one of our paths is: from the root or from `src`, or the end of a source file's path.
fn is_path(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte);
    let first = name.split('/').next().unwrap_or_default();
    let is_ours = |base: &str| !first.is_empty() && root().join(base).join(first).is_dir();
    let ends_as_source = Path::new(name).extension().is_some_and(|end| end == "rs" || end == "md");
    let is_folder = name.ends_with('/') && name.matches('/').count() == 1;
    let is_within = name.contains('/') && (is_ours("") || is_ours("src"));
    name.bytes().all(plain) && !name.starts_with('/') && (ends_as_source || is_folder || is_within)
}

/// Whether a path is there. What follows a name in capitals stands for others, as in `src/dialect/NAME/mod.rs`.
fn is_there(name: &str, paths: &[String]) -> bool {
    let is_any = |part: &&str| part.split('.').next().is_some_and(is_in_capitals) && !is_document(part);
    let known: Vec<&str> = name.split('/').take_while(|part| !is_any(part)).collect();
    let known = known.join("/");
    let bases = ["", "src", "docs"];
    bases.iter().any(|base| root().join(base).join(&known).exists())
        || paths.iter().any(|path| path.ends_with(&format!("/{}", known.trim_end_matches('/'))))
}

fn is_in_capitals(part: &str) -> bool {
    part.len() > 2 && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

/// Every source file, and every folder that holds one.
fn paths() -> Vec<String> {
    let files: Vec<PathBuf> = ["src", "tests", "benches"].iter().flat_map(|folder| sources(folder)).collect();
    let folders = files.iter().filter_map(|file| Some(as_text(file.parent()?)));
    let mut paths: Vec<String> = files.iter().map(|file| as_text(file)).chain(folders).collect();
    paths.sort_unstable();
    paths.dedup();
    paths
}

/// What a document links to, but for the web.
fn links(document: &str) -> Vec<String> {
    let (prose, _) = parted(document);
    let targets = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://")).map(str::to_owned).collect()
}

/// Whether a link of the document at this path leads somewhere, and to a heading that is there.
fn leads_somewhere(document: &str, link: &str) -> bool {
    let (path, heading) = link.split_once('#').unwrap_or((link, ""));
    let at = if path.is_empty() { root().join(document) } else { root().join(document).parent().unwrap().join(path) };
    let has_heading = || {
        let read = std::fs::read_to_string(&at).unwrap_or_default();
        read.lines().any(|line| line.starts_with('#') && anchor(line) == heading)
    };
    at.exists() && (heading.is_empty() || has_heading())
}

/// What a heading is linked to by.
fn anchor(heading: &str) -> String {
    let letters = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = letters.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

/// The names and links of a document at this path that lead nowhere.
fn missing(document: &str, text: &str, paths: &[String]) -> Vec<String> {
    let names = names(text).into_iter().filter(|name| !is_there(name, paths));
    names.chain(links(text).into_iter().filter(|link| !leads_somewhere(document, link))).collect()
}

#[test]
fn every_file_that_a_document_names_is_there() {
    let (documents, paths) = (documents(), paths());
    assert!(documents.len() >= 13, "{documents:?}");
    let mut seen = 0;
    for document in &documents {
        let text = text(document);
        seen += names(&text).len() + links(&text).len();
        assert_eq!(missing(document, &text, &paths), [""; 0], "{document} names what is not there");
    }
    assert!(seen > 200, "{seen}");
    let plan = text("docs/ARCHITECTURE.md");
    for part in plan.lines().filter(|line| line.starts_with("| `")).filter_map(|line| line.split(" | ").next()) {
        for name in quoted(part) {
            assert!(
                root().join("src").join(name).exists(),
                "docs/ARCHITECTURE.md has a part {name}, which is not there"
            );
        }
    }
}

#[test]
fn every_document_that_the_code_names_is_there() {
    let sources = ["src", "tests"].iter().flat_map(|folder| sources(folder));
    let mut seen = 0;
    for file in sources.filter(|file| !file.ends_with("documents/paths.rs")) {
        let code = std::fs::read_to_string(&file).unwrap();
        let rests = code.split("docs/").skip(1).filter_map(|rest| rest.split_once(".md"));
        for (name, _) in rests.filter(|(name, _)| is_in_capitals(name)) {
            seen += 1;
            let path = format!("docs/{name}.md");
            assert!(root().join(&path).exists(), "{} names {path}, which is not there", file.display());
        }
    }
    assert!(seen >= 8, "{seen}");
}

#[test]
fn a_wrong_path_is_found_wherever_it_stands() {
    let text = "`src/engine/nowhere.rs`, `engine/nowhere/`, `nowhere.rs`, `docs/NOWHERE.md`, `src/nowhere/NAME/mod.rs`, \
                `tests/it/nowhere`, `scripts/nowhere`, [a](NOWHERE.md), [b](OPERATING.md#nowhere), [c](#nowhere)\n\
                ```sh\nscripts/never\n```\n";
    let found = missing("docs/DESIGN.md", text, &paths());
    let expected = [
        "src/engine/nowhere.rs",
        "engine/nowhere/",
        "nowhere.rs",
        "docs/NOWHERE.md",
        "src/nowhere/NAME/mod.rs",
        "tests/it/nowhere",
        "scripts/nowhere",
        "scripts/never",
        "NOWHERE.md",
        "OPERATING.md#nowhere",
        "#nowhere",
    ];
    assert_eq!(found, expected);
    let text = "`src/engine/mod.rs`, `engine/`, `laws/`, `OPERATING.md`, `src/dialect/NAME/mod.rs`, `tests/it/urls`, \
                `/v1/jobs`, `application/json`, `name`, [a](OPERATING.md#outgoing-calls), [b](https://nowhere.example)\n\
                ```sh\nscripts/test\ncurl $BASE/docs/never\n```\n";
    assert_eq!(missing("docs/DESIGN.md", text, &paths()), [""; 0]);
    assert!(names(text).len() >= 7, "{:?}", names(text));
}
