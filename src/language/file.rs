//! A file of texts, read to be checked: which texts it has, with which variables, and what is wrong in it.

use std::{collections::BTreeSet, fmt};

use fluent_syntax::ast::{CallArguments, Entry, Expression, InlineExpression, Message, Pattern, PatternElement};
use fluent_syntax::parser;

/// A text of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<'f> {
    /// By what pages ask for it.
    pub key: &'f str,
    /// Its line in the file, from 1.
    pub line: usize,
    /// Its variables.
    pub variables: BTreeSet<&'f str>,
    /// Whether it refers to anything else.
    refers: bool,
}

/// What is wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1; `None` of what is wrong with the file itself.
    pub line: Option<usize>,
    /// What is wrong there, as a sentence without its full stop.
    pub rule: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.line.map_or(Ok(()), |line| write!(f, "line {line}: "))?;
        f.write_str(&self.rule)
    }
}

/// The texts of a file, and what in it cannot be read.
pub fn texts(file: &str) -> (Vec<Text<'_>>, Vec<Mistake>) {
    let (read, errors) = parser::parse(file).map_or_else(|broken| broken, |read| (read, Vec::new()));
    let mut mistakes: Vec<Mistake> = errors
        .iter()
        .map(|error| Mistake { line: Some(line_at(file, error.pos.start)), rule: error.to_string() })
        .collect();
    let mut texts: Vec<Text<'_>> = Vec::new();
    for message in
        read.body.iter().filter_map(|entry| if let Entry::Message(message) = entry { Some(message) } else { None })
    {
        let text = text_of(file, message);
        let wrong = |rule: &str| Mistake { line: Some(text.line), rule: format!("{} {rule}", text.key) };
        if texts.iter().any(|before| before.key == text.key) {
            mistakes.push(wrong("comes twice"));
        }
        if message.value.is_none() || !message.attributes.is_empty() {
            mistakes.push(wrong("has attributes, which no page reads"));
        }
        texts.push(text);
    }
    (texts, mistakes)
}

/// What is wrong in a file, beside one that has every text with all of its variables. It may have some of the texts only.
pub fn mistakes(file: &str, complete: &str) -> Vec<Mistake> {
    let (known, _) = texts(complete);
    let (own, mut mistakes) = texts(file);
    for text in own {
        let mut wrong =
            |rule: String| mistakes.push(Mistake { line: Some(text.line), rule: format!("{} {rule}", text.key) });
        let Some(known) = known.iter().find(|known| known.key == text.key) else {
            wrong("is a text that no page has".to_owned());
            continue;
        };
        if text.refers {
            wrong("refers to another text, a term or a function; only variables are known here".to_owned());
        }
        for variable in known.variables.difference(&text.variables) {
            wrong(format!("lacks the variable ${variable}"));
        }
        for variable in text.variables.difference(&known.variables) {
            wrong(format!("has the variable ${variable}, which it is not given"));
        }
    }
    mistakes.sort_by_key(|mistake| mistake.line);
    mistakes
}

/// Whether a text refers to another text, a term or a function: only variables are known here.
fn refers_elsewhere(text: &Pattern<&str>) -> bool {
    fn inline_refers(inline: &InlineExpression<&str>) -> bool {
        match inline {
            InlineExpression::FunctionReference { .. }
            | InlineExpression::MessageReference { .. }
            | InlineExpression::TermReference { .. } => true,
            InlineExpression::Placeable { expression } => expression_refers(expression),
            InlineExpression::StringLiteral { .. }
            | InlineExpression::NumberLiteral { .. }
            | InlineExpression::VariableReference { .. } => false,
        }
    }
    fn expression_refers(expression: &Expression<&str>) -> bool {
        match expression {
            Expression::Inline(inline) => inline_refers(inline),
            Expression::Select { selector, variants } => {
                inline_refers(selector) || variants.iter().any(|variant| refers_elsewhere(&variant.value))
            }
        }
    }
    text.elements.iter().any(|element| match element {
        PatternElement::Placeable { expression } => expression_refers(expression),
        PatternElement::TextElement { .. } => false,
    })
}

fn text_of<'f>(file: &'f str, message: &Message<&'f str>) -> Text<'f> {
    let mut variables = BTreeSet::new();
    if let Some(pattern) = &message.value {
        note_pattern(pattern, &mut variables);
    }
    let key = message.id.name;
    // The key is a piece of the file.
    let at = key.as_ptr().addr().saturating_sub(file.as_ptr().addr());
    let refers = message.value.as_ref().is_some_and(refers_elsewhere);
    Text { key, line: line_at(file, at), variables, refers }
}

fn line_at(file: &str, at: usize) -> usize {
    file.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

fn note_pattern<'f>(pattern: &Pattern<&'f str>, variables: &mut BTreeSet<&'f str>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            note_expression(expression, variables);
        }
    }
}

fn note_expression<'f>(expression: &Expression<&'f str>, variables: &mut BTreeSet<&'f str>) {
    match expression {
        Expression::Inline(inline) => note_inline(inline, variables),
        Expression::Select { selector, variants } => {
            note_inline(selector, variables);
            for variant in variants {
                note_pattern(&variant.value, variables);
            }
        }
    }
}

fn note_inline<'f>(inline: &InlineExpression<&'f str>, variables: &mut BTreeSet<&'f str>) {
    match inline {
        InlineExpression::VariableReference { id } => {
            variables.insert(id.name);
        }
        InlineExpression::Placeable { expression } => note_expression(expression, variables),
        InlineExpression::FunctionReference { arguments, .. }
        | InlineExpression::TermReference { arguments: Some(arguments), .. } => {
            let CallArguments { positional, named } = arguments;
            positional
                .iter()
                .chain(named.iter().map(|argument| &argument.value))
                .for_each(|one| note_inline(one, variables));
        }
        InlineExpression::StringLiteral { .. }
        | InlineExpression::NumberLiteral { .. }
        | InlineExpression::MessageReference { .. }
        | InlineExpression::TermReference { arguments: None, .. } => {}
    }
}
