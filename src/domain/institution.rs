//! Institutions: the banks as customers and merchants name them.

/// An institution that the operator has configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Institution {
    /// Its id, such as `modelo-sandbox`.
    pub id: String,
    /// Its short name.
    pub name: String,
    /// Its full name.
    pub full_name: String,
    /// Where it serves customers.
    pub countries: Vec<Country>,
    /// Its pictures.
    pub media: Vec<Medium>,
    /// What it can do, in the dialect's words.
    pub features: Vec<String>,
    /// Whether it is one for tests.
    pub environment: Environment,
    /// The name of the bank that speaks for it.
    pub bank: String,
}

/// A country of an institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Country {
    /// Its name for people.
    pub name: String,
    /// Its ISO 3166-1 alpha-2 code.
    pub code: String,
}

/// A picture of an institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Medium {
    /// Where it is.
    pub source: String,
    /// `icon` or `logo`.
    pub kind: String,
}

/// Whether an institution moves real money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// A bank's own test system, or ours.
    Sandbox,
    /// A made-up bank.
    Mock,
    /// The real one.
    Live,
}
