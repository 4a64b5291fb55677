//! Sentences about provider accounts and settings.

pub const TITLE: &str = "Provider accounts";
pub const LEDE: &str =
    "Where your own money is taken, in the order in which you prefer them. A change counts at once, for new payments.";
pub const NONE: &str = "You have none of your own.";
pub const ADD: &str = "Connect an account";
pub const KIND_LEDE: &str = "Choose the API by which it is reached.";
pub const NAME: &str = "Name";
pub const KIND: &str = "Kind";
pub const URL: &str = "URL";
pub const STATE: &str = "State";
pub const SAVE: &str = "Save";
pub const CREATE: &str = "Connect it";
pub const CHANGE: &str = "Change it";
pub const CHANGE_LEDE: &str = "A field of a secret that you leave empty stays as it is. What is not here never changes: its payments would lose their provider.";
pub const ENABLE: &str = "Enable";
pub const DISABLE: &str = "Disable";
pub const DISABLE_LEDE: &str =
    "Of a disabled account new payments know nothing; those under way are asked about all the same.";
pub const TEST: &str = "Ask whether it answers";
pub const ROTATE: &str = "Replace the secret";
pub const ROTATE_LEDE: &str = "The old one counts for a day more.";
pub const SECRET: &str = "secret";
pub const REMOVE: &str = "Remove";
pub const REMOVE_LEDE: &str = "Possible once it is disabled, and no journey that is kept has led to it.";
pub const ALL: &str = "All accounts";
pub const SETTINGS: &str = "Settings";
pub const SETTINGS_LEDE: &str =
    "As /v1/profile/settings has them. They count for new journeys; those under way keep what they were opened with.";

pub fn one(name: &str) -> String {
    format!("Account {name}")
}

pub fn new(kind: &str) -> String {
    format!("Connect an account: {}", self::kind(kind))
}

pub fn answers(millis: u64) -> String {
    format!("It answered after {millis} ms.")
}

pub fn fails(why: &str) -> String {
    format!("It did not answer: {why}")
}

/// What a kind is, for people.
pub fn kind(kind: &str) -> &str {
    match kind {
        "http" => "a payment engine that speaks Handback’s protocol",
        "ixopay" => "a connector of IXOPAY’s",
        "token_io" => "a member of Token.io’s",
        "yapily" => "an application of Yapily’s",
        other => other,
    }
}

/// What a field of an account is, by its name in `/v1`.
pub fn meaning(field: &str) -> &'static str {
    match field {
        "name" => "1 to 32 of a-z, 0-9 and -. Calls name the account by it; it never changes.",
        "label" => "Its name for people. Without it, the name.",
        "url" => "Where the API is, https.",
        "currencies" => "Those that it takes, such as EUR, GBP. Without them all.",
        "secret" => "whsec_ and base64. Without it one is drawn, and shown once.",
        "api_key" => "The API key of the connector.",
        "user" => "The API user.",
        "password" => "The password of the API user.",
        "shared_secret" => "The shared secret of the connector.",
        "member" => "The id of the member.",
        "key_id" => "The id of the key that signs.",
        "private_key" => "The private key, in PEM. It is replaced together with its key_id.",
        "webhook_key" => "The public key for webhooks. Without it none are believed.",
        "scheme" => "How the money is moved: sepa, sepa_instant or faster_payments. Without it sepa.",
        "payee" => "Who is paid, as the customer’s bank shows it.",
        "iban" => "The account that is paid into; or sort_code and account_number.",
        "sort_code" => "6 digits, in the United Kingdom.",
        "account_number" => "8 digits, in the United Kingdom.",
        "bank" => "The bank that every customer is sent to. Without it Token.io asks.",
        "on_behalf_of" => "For whom it is paid, where the member is not regulated itself.",
        "application_id" => "The id of the application.",
        "application_secret" => "The secret of the application.",
        "institution" => "The institution that every customer is sent to.",
        "country" => "The country of who is paid, such as GB. May be left out.",
        _ => "",
    }
}
