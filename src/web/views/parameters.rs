//! The page that stands in for a merchant's app: it shows what a callback received, and redeems a one-time token.

use askama::Template;

use super::words::parameters as words;

/// The parameters that came with the customer.
///
/// What stands behind `#` never reaches a server; a small script adds it to the table.
#[derive(Debug, Clone, Template)]
#[template(path = "display_parameters.html")]
pub struct DisplayParameters {
    /// The parameters of the query, in their order.
    pub rows: Vec<ParamRow>,
    /// The one-time token among them.
    pub token: Option<String>,
    /// Whether the demo can redeem it here.
    pub can_redeem: bool,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamRow {
    /// Its name.
    pub name: String,
    /// Its value, percent-decoded.
    pub value: String,
    /// What it says, where it is base64 or a JWT.
    pub decoded: Option<String>,
}

/// What redeeming a one-time token answered.
#[derive(Debug, Clone, Template)]
#[template(path = "redeemed.html")]
pub struct Redeemed {
    /// The answer's status, such as `200 OK`.
    pub status_line: String,
    /// The answer's body, set for people.
    pub pretty_json: String,
}

#[cfg(test)]
impl DisplayParameters {
    pub(super) fn samples() -> Vec<(&'static str, Self)> {
        let row = |name: &str, value: &str| ParamRow { name: name.into(), value: value.into(), decoded: None };
        let token = "07AJp5ZkQn2w1cR8yM4tVbXeLhGd9sKfUo3iNqTzWmPa6rHvSgYxEuBj";
        let described = ParamRow {
            decoded: Some("incorrect credentials. Could not find a customer".into()),
            ..row("error-description", "aW5jb3JyZWN0IGNyZWRlbnRpYWxzLiBDb3VsZCBub3QgZmluZCBhIGN1c3RvbWVy")
        };
        let paid = Self {
            rows: vec![
                row("pay_id", "lk_07f3"),
                row("user_id", "5ad1f4b0-6f0f-4d0c-9a53-0a4c5e7f2d11"),
                row("status", "success"),
                row("one-time-token", token),
            ],
            token: Some(token.into()),
            can_redeem: true,
        };
        vec![
            ("parameters", paid),
            ("parameters-none", Self { rows: vec![], token: None, can_redeem: false }),
            ("parameters-decoded", Self { rows: vec![row("error", ""), described], token: None, can_redeem: true }),
        ]
    }

    pub(super) fn hostile() -> Self {
        let script = "\"><script>alert(1)</script>";
        let row = ParamRow { name: script.into(), value: script.into(), decoded: Some(script.into()) };
        Self { rows: vec![row], token: Some(script.into()), can_redeem: true }
    }
}

#[cfg(test)]
impl Redeemed {
    pub(super) fn samples() -> Vec<(&'static str, Self)> {
        let granted = "{\n  \"journey_id\": \"07f3\",\n  \"status\": \"paid\",\n  \"amount\": \"25.00\"\n}";
        let spent = "{\n  \"type\": \"about:blank\",\n  \"title\": \"Gone\",\n  \"status\": 410\n}";
        vec![
            ("redeemed", Self { status_line: "200 OK".into(), pretty_json: granted.into() }),
            ("redeemed-spent", Self { status_line: "410 Gone".into(), pretty_json: spent.into() }),
        ]
    }

    pub(super) fn hostile() -> Self {
        let script = "<script>alert(1)</script>";
        Self { status_line: script.into(), pretty_json: script.into() }
    }
}
