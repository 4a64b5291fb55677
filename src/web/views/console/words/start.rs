//! Sentences about what to do first.

pub const FAILING: &str = "does not take what it is sent. It is tried again.";
pub const GONE: &str = "has answered that it is gone. Nothing is sent there until you send a delivery again.";
pub const DOWN: &str = "does not answer. Customers get our page with a button instead of a redirect. Since:";
pub const START: &str = "Start";
pub const LEDE: &str = "What to do next. Each step is ticked off when it has happened.";
pub const DONE: &str = "Done";
pub const OPEN: &str = "To do";
pub const CALLBACK: &str = "Save a callback";
pub const CALLBACK_MORE: &str = "Where your customers come back to.";
pub const KEY: &str = "Make an API key";
pub const KEY_MORE: &str = "Your server calls the API with it.";
pub const TEST: &str = "Make a test journey, and pay it";
pub const TEST_MORE: &str = "From the page of your callback: go through the checkout as your customer would.";
pub const PAID: &str = "Have a first link paid";
pub const PAID_MORE: &str = "Make a link, and pay it yourself.";
pub const WEBHOOK: &str = "Receive a webhook";
pub const WEBHOOK_MORE: &str =
    "Save an endpoint. Your server gets a signed POST when a journey ends. Ticked off by your newest 20 journeys.";
pub const VERIFY: &str = "Call the API from your server";
pub const VERIFY_MORE: &str =
    "Ticked off by any call with your key. To verify an outcome, redeem the one-time token, or ask for the journey.";
