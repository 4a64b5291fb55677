//! Sentences about webhooks.

pub const TITLE: &str = "Webhooks";
pub const LEDE: &str = "Your servers, which get a signed POST of what becomes of your journeys. A link that names no endpoint notifies the first one.";
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
pub const PAUSED: &str = "paused";
pub const PAUSE: &str = "Pause";
pub const RESUME: &str = "Resume";
pub const TEST: &str = "Test";
pub const PAUSED_LEDE: &str = "The deliveries of a paused endpoint wait, and nothing of it counts as a failure. When it is resumed they go out again, the oldest first.";
pub const HEADERS: &str = "Headers of your own (optional)";
pub const HEADERS_HINT: &str = "One on each line, such as authorization: Bearer … They go with every attempt. A saved value is not shown: a name alone keeps it, and a line that you delete takes it away.";
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
pub const DELIVERED: &str = "Received";
pub const DELIVERED_LEDE: &str = "By their journeys, the newest first.";
pub const STATE: &str = "State";
pub const WHEN: &str = "Since, or ended (UTC)";
pub const OF: &str = "Of what";
pub const TO: &str = "To";
pub const LAST: &str = "Last attempt";
pub const NEXT: &str = "Next try (UTC)";
pub const NO_DELIVERY: &str = "None.";
pub const OLDER: &str = "Older deliveries";
pub const REPLAY: &str = "Send again";
pub const REPLAY_SELECTED: &str = "Send the selected ones again";
pub const SELECT: &str = "Select";
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
pub const FEED: &str = "Event feed";
pub const FEED_LEDE: &str = "What has become of your journeys, and trouble with endpoints and providers, the oldest first, for 30 days; also GET /v1/events.";
pub const FEED_FROM: &str = "From (UTC)";
pub const SHOW: &str = "Show";
pub const TYPE: &str = "Type";
pub const NO_EVENT: &str = "No event since then.";
pub const NEWER: &str = "Later events";
pub const RECEIVED: &str = "received";
pub const NOT_RECEIVED: &str = "not received";
pub const TESTED_LEDE: &str = "A signed event of the type test was sent once. It is not repeated, and stands in no list. Its id, in the header webhook-id:";
pub const TO_ENDPOINTS: &str = "All endpoints";

pub const GONE: &str = "gone: it answered 410";

pub fn health(failing: usize, dead: usize) -> String {
    format!("{failing} failing, {dead} given up")
}

pub fn delivery(event: &str) -> String {
    format!("Delivery: {event}")
}

pub fn change(index: usize) -> String {
    format!("Change endpoint {index}")
}

pub fn tested(index: usize) -> String {
    format!("Test of endpoint {index}")
}

pub fn old_secret(until: &str) -> String {
    format!("The one before it counts until {until} (UTC): webhooks carry both signatures.")
}

pub fn took(millis: u64) -> String {
    format!("{millis} ms")
}
