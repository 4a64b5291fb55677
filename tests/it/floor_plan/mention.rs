//! Which of our paths a file mentions: in `use`, in the middle of an expression, by `crate`, `super` or a name it
//! imported.

use std::collections::HashMap;

use super::token::{Kind, Token};

/// A path from the crate's root, and where it is mentioned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    pub line: usize,
    pub path: Vec<String>,
}

/// Every mention in the file of this module.
pub fn mentions(module: &[String], tokens: &[Token]) -> Vec<Mention> {
    Walk::of(module, tokens).found
}

/// The names that the file of this module imports, and the paths that they stand for.
pub fn imported(module: &[String], tokens: &[Token]) -> HashMap<String, Vec<String>> {
    Walk::of(module, tokens).imported
}

struct Walk<'a> {
    tokens: &'a [Token],
    module: Vec<String>,
    imported: HashMap<String, Vec<String>>,
    found: Vec<Mention>,
}

impl<'a> Walk<'a> {
    fn of(module: &[String], tokens: &'a [Token]) -> Self {
        let mut walk = Self { tokens, module: module.to_vec(), imported: HashMap::new(), found: Vec::new() };
        // Once for what is imported, and once for what is then said of it.
        walk.through();
        walk.found.clear();
        walk.through();
        walk
    }

    fn through(&mut self) {
        let (mut at, mut depth, mut inline) = (0, 0_usize, Vec::new());
        while let Some(token) = self.tokens.get(at) {
            match &token.kind {
                Kind::Mark('{') => depth += 1,
                Kind::Mark('}') => {
                    depth = depth.saturating_sub(1);
                    if inline.last() == Some(&depth) {
                        inline.pop();
                        self.module.pop();
                    }
                }
                Kind::Word(word) if word == "mod" && self.tokens.get(at + 2).is_some_and(|t| t.is('{')) => {
                    self.module.extend(self.word(at + 1).map(str::to_owned));
                    inline.push(depth);
                }
                Kind::Word(word) if word == "mod" && self.tokens.get(at + 2).is_some_and(|t| t.is(';')) => {
                    if let Some(name) = self.word(at + 1) {
                        let path = [self.module.as_slice(), &[name.to_owned()]].concat();
                        self.imported.insert(name.to_owned(), path);
                    }
                }
                Kind::Word(word) if self.begins_path(at) => {
                    if let Some(root) = self.root(word) {
                        let used = at > 0 && self.word(at - 1) == Some("use");
                        at = self.tree(at + 2, root, used);
                        continue;
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    fn begins_path(&self, at: usize) -> bool {
        let follows = at > 0 && matches!(self.tokens[at - 1].kind, Kind::Sep | Kind::Mark('.'));
        !follows && self.tokens.get(at + 1).is_some_and(|next| next.kind == Kind::Sep)
    }

    /// What a path's first word stands for.
    fn root(&self, word: &str) -> Option<Vec<String>> {
        match word {
            // The binary knows the library by its name.
            "crate" | "handback" => Some(Vec::new()),
            "self" => Some(self.module.clone()),
            "super" => Some(self.module[..self.module.len().saturating_sub(1)].to_vec()),
            name => self.imported.get(name).cloned(),
        }
    }

    /// Reads what follows a `::`, with its branches, and answers where it ends.
    fn tree(&mut self, mut at: usize, mut path: Vec<String>, used: bool) -> usize {
        loop {
            let Some(token) = self.tokens.get(at) else { return at };
            match &token.kind {
                Kind::Word(word) if self.tokens.get(at + 1).is_some_and(|next| next.kind == Kind::Sep) => {
                    if word == "super" {
                        path.pop();
                    } else {
                        path.push(word.clone());
                    }
                    at += 2;
                }
                Kind::Word(word) => {
                    if word != "self" {
                        path.push(word.clone());
                    }
                    let renamed = self.word(at + 1).filter(|_| used) == Some("as");
                    let end = if renamed { at + 3 } else { at + 1 };
                    if used {
                        let name = if renamed { self.word(at + 2) } else { path.last().map(String::as_str) };
                        let name = name.map(str::to_owned);
                        self.imported.extend(name.map(|name| (name, path.clone())));
                    }
                    self.found.push(Mention { line: token.line, path });
                    return end;
                }
                Kind::Mark('{') if used => return self.branches(at + 1, &path),
                kind => {
                    let all = used && *kind == Kind::Mark('*');
                    self.found.push(Mention { line: token.line, path });
                    return if all { at + 1 } else { at };
                }
            }
        }
    }

    fn branches(&mut self, mut at: usize, path: &[String]) -> usize {
        loop {
            match self.tokens.get(at).map(|token| &token.kind) {
                None => return at,
                Some(Kind::Mark('}')) => return at + 1,
                Some(Kind::Word(_) | Kind::Mark('*')) => at = self.tree(at, path.to_vec(), true),
                Some(_) => at += 1,
            }
        }
    }

    fn word(&self, at: usize) -> Option<&str> {
        self.tokens.get(at).and_then(Token::word)
    }
}

#[cfg(test)]
mod tests {
    use super::super::token::tokens;
    use super::*;

    fn found(source: &str) -> Vec<String> {
        let module = ["web", "page"].map(str::to_owned);
        mentions(&module, &tokens(source)).into_iter().map(|mention| mention.path.join("::")).collect()
    }

    #[test]
    fn imports_are_found_with_all_their_branches() {
        assert_eq!(found("use crate::a::B;"), ["a::B"]);
        assert_eq!(
            found("pub(crate) use crate::{a::{self, B as C}, d::*, e};"),
            ["a", "a::B", "d", "e"].map(str::to_owned)
        );
    }

    #[test]
    fn relative_paths_are_resolved() {
        assert_eq!(found("use super::a::B; use super::super::c; use self::d;"), ["web::a::B", "c", "web::page::d"]);
        assert_eq!(found("mod inner { use super::super::a; } use super::b;"), ["web::a", "web::b"]);
    }

    #[test]
    fn modules_of_a_folder_are_known_by_their_names() {
        assert_eq!(found("mod a; pub use a::B; fn f() { a::c() }"), ["web::page::a::B", "web::page::a::c"]);
    }

    #[test]
    fn paths_inside_expressions_and_through_imported_names_are_found() {
        assert_eq!(found("fn f() { crate::a::b(crate::c::D::<u8>::new()) }"), ["a::b", "c::D"]);
        assert_eq!(found("use crate::store; fn f() { store::redis::X::new() }"), ["store", "store::redis::X::new"]);
        assert_eq!(found("use crate::store as s; type T = s::redis::X;"), ["store", "store::redis::X"]);
        assert_eq!(found("use std::fmt; fn f(x: u8) { x.crate_(); fmt::a() }"), Vec::<String>::new());
    }
}
