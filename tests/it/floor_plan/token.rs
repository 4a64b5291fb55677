//! Rust as far as the floor plan needs it: words, texts, marks and their lines, without comments and tests.

/// A token, and the line it stands on, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub line: usize,
    pub kind: Kind,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// An identifier, a keyword or a number.
    Word(String),
    /// What stands between the quotes of a string.
    Text(String),
    /// `::`
    Sep,
    /// Any other character.
    Mark(char),
}

impl Token {
    /// The word, if it is one.
    pub fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Whether it is this mark.
    pub fn is(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }
}

/// The tokens of a source text.
pub fn tokens(source: &str) -> Vec<Token> {
    let mut reader = Reader { rest: source, line: 1, found: Vec::new() };
    while let Some(c) = reader.rest.chars().next() {
        reader.next(c);
    }
    reader.found
}

/// The tokens outside `#[cfg(test)]` and `#[test]` items.
pub fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if begins_test(&tokens[at..]) {
            at = end_of_item(tokens, at);
        } else {
            kept.push(token.clone());
            at += 1;
        }
    }
    kept
}

/// Behind the group that opens at `at`, whatever brackets it has.
pub fn end_of_group(tokens: &[Token], at: usize) -> usize {
    let mut depth = 0_usize;
    for (i, token) in tokens.iter().enumerate().skip(at) {
        match token.kind {
            Kind::Mark('(' | '[' | '{') => depth += 1,
            Kind::Mark(')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return i + 1;
        }
    }
    tokens.len()
}

fn begins_test(tokens: &[Token]) -> bool {
    let mut written = String::new();
    for token in tokens.iter().take(7) {
        match &token.kind {
            Kind::Word(word) => written.push_str(word),
            Kind::Mark(mark) => written.push(*mark),
            Kind::Text(_) | Kind::Sep => {}
        }
    }
    written.starts_with("#[cfg(test)]") || written.starts_with("#[test]")
}

fn end_of_item(tokens: &[Token], mut at: usize) -> usize {
    while let Some(token) = tokens.get(at) {
        match token.kind {
            Kind::Mark(';') => return at + 1,
            Kind::Mark('{') => return end_of_group(tokens, at),
            Kind::Mark('(' | '[') => at = end_of_group(tokens, at),
            _ => at += 1,
        }
    }
    at
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    found: Vec<Token>,
}

impl Reader<'_> {
    fn next(&mut self, c: char) {
        let hashes = self.rest.trim_start_matches(['r', 'b', 'c']);
        let prefix = self.rest.len() - hashes.len();
        let quote = hashes.trim_start_matches('#').starts_with('"');
        if self.rest.starts_with("//") {
            self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
        } else if self.rest.starts_with("/*") {
            self.skip(end_of_block_comment(self.rest));
        } else if c == '"' || (prefix <= 2 && quote && (prefix > 0)) {
            self.text(prefix);
        } else if c == '\'' {
            self.skip(end_of_quote(self.rest));
        } else if self.rest.starts_with("::") {
            self.push(Kind::Sep, 2);
        } else if c.is_alphanumeric() || c == '_' {
            let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
            self.push(Kind::Word(self.rest[..end].to_owned()), end);
        } else if c.is_whitespace() {
            self.skip(c.len_utf8());
        } else {
            self.push(Kind::Mark(c), c.len_utf8());
        }
    }

    fn text(&mut self, prefix: usize) {
        let raw = self.rest[..prefix].contains('r');
        let opening = &self.rest[prefix..];
        let hashes = opening.len() - opening.trim_start_matches('#').len();
        let begin = prefix + hashes + 1;
        let closing = format!("\"{}", "#".repeat(hashes));
        let inner = &self.rest[begin..];
        let length = if raw { inner.find(&closing) } else { end_of_escaped(inner) }.unwrap_or(inner.len());
        let end = (begin + length + closing.len()).min(self.rest.len());
        self.push(Kind::Text(inner[..length].to_owned()), end);
    }

    fn push(&mut self, kind: Kind, length: usize) {
        self.found.push(Token { line: self.line, kind });
        self.skip(length);
    }

    fn skip(&mut self, length: usize) {
        self.line += self.rest[..length].matches('\n').count();
        self.rest = &self.rest[length..];
    }
}

fn end_of_escaped(inner: &str) -> Option<usize> {
    let mut escaped = false;
    inner.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })
}

fn end_of_block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if text[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// Behind a character in quotes; behind the quote alone where a lifetime or a label begins.
fn end_of_quote(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((at, escaped))) => {
            let behind = at + escaped.len_utf8();
            text[behind..].find('\'').map_or(text.len(), |i| behind + i + 1)
        }
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(source: &str) -> String {
        let shown = without_tests(&tokens(source)).into_iter().map(|token| match token.kind {
            Kind::Word(word) => word,
            Kind::Text(text) => format!("<{text}>"),
            Kind::Sep => "::".into(),
            Kind::Mark(mark) => mark.to_string(),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_are_no_code_and_texts_are_kept_apart() {
        assert_eq!(written("a // crate::b\n/* c /* d */ e */ f"), "a f");
        assert_eq!(written(r#"x("crate::y \" z", 'q', '"', '\'', b"w")"#), r#"x ( <crate::y \" z> , , , , <w> )"#);
        assert_eq!(written(r##"r#"a"b"# br"\" rust"##), r#"<a"b> <\> rust"#);
        assert_eq!(written("fn f<'a>(x: &'a str)"), "fn f < a > ( x : & a str )");
    }

    #[test]
    fn tests_are_left_out() {
        assert_eq!(written("a; #[cfg(test)] mod tests { use b; fn c() {} } d"), "a ; d");
        assert_eq!(written("#[cfg(test)] #[allow(x)] mod tests; #[test] fn e() { f } g"), "g");
        assert_eq!(written("#[cfg(unix)] mod kept {}"), "# [ cfg ( unix ) ] mod kept { }");
    }

    #[test]
    fn lines_are_counted_through_texts_and_comments() {
        let found = tokens("a\n\"b\nc\" /*\n*/ d");
        assert_eq!(found.iter().map(|token| token.line).collect::<Vec<_>>(), [1, 2, 4]);
    }
}
