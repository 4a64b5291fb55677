//! Sentences about webhooks.

pub const TITLE: &str = "Webhooks";
pub const LEDE: &str = "Your servers, which get a signed POST of what becomes of your journeys.";
pub const ENDPOINTS: &str = "Endpoints";
pub const NONE: &str = "No endpoint is saved yet.";
pub const ADD: &str = "Save an endpoint";
pub const SAVE: &str = "Save";
pub const CHANGE: &str = "Change";
pub const DELETE: &str = "Delete";
pub const URL: &str = "URL of your server";
pub const EVENTS: &str = "Events that it wants";
pub const INDEX: &str = "Index";
pub const HEALTH: &str = "Health";
pub const WELL: &str = "none failing or given up";
pub const HEALTH_LEDE: &str =
    "Health counts among your newest 200 deliveries that are failing, and the newest 200 that were given up.";
pub const DO: &str = "Do";
pub const SECRET: &str = "Signing secret";
pub const SECRET_LEDE: &str =
    "It signs every webhook (Standard Webhooks). A new one is shown once; the old one counts for a day more.";
pub const ROTATE: &str = "Replace the signing secret";
pub const DELIVERIES: &str = "Deliveries";
pub const WAITING: &str = "Waiting";
pub const FAILING: &str = "Failing, and tried again";
pub const DEAD: &str = "Given up";
pub const STATE: &str = "State";
pub const WHEN: &str = "Since, or ended (UTC)";
pub const OF: &str = "Of what";
pub const TO: &str = "To";
pub const LAST: &str = "Last attempt";
pub const NEXT: &str = "Next try (UTC)";
pub const NO_DELIVERY: &str = "None.";
pub const OLDER: &str = "Older deliveries";
pub const REPLAY: &str = "Send again";
pub const REPLAY_ALL: &str = "Send all again that were given up since";
pub const SINCE: &str = "Since (UTC)";
pub const ATTEMPTS: &str = "Attempts";
pub const NO_ATTEMPT: &str = "No attempt has been made yet.";
pub const ANSWER: &str = "Beginning of the answer";
pub const TOOK: &str = "Took";
pub const RESULT: &str = "Result";
pub const AT: &str = "At (UTC)";
pub const JOURNEY: &str = "Its journey";
pub const BACK: &str = "All deliveries";

pub fn health(failing: usize, dead: usize) -> String {
    format!("{failing} failing, {dead} given up")
}

pub fn delivery(event: &str) -> String {
    format!("Delivery: {event}")
}

pub fn change(index: usize) -> String {
    format!("Change endpoint {index}")
}

pub fn took(millis: u64) -> String {
    format!("{millis} ms")
}
