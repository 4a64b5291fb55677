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
