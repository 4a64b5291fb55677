//! The demo's page about a payment that no browser brings home.

pub const TITLE: &str = "A payment without a browser";
pub const NEVER: &str = "The customer has left for the bank, and closed the browser there. The bank says paid after four \
                         seconds; nobody is sent back.";
pub const ATTACHED: &str = "Your app has created this payment at the bank itself, and attached it. The bank says paid after \
                            four seconds; Handback never saw the browser.";
pub const STATUS: &str = "What your app knows";
pub const CAME_BACK: &str = "Came back";
pub const NOBODY: &str = "nobody, so far";
pub const CALLS: &str = "The calls";
pub const AGAIN: &str = "Look again";
pub const BACK: &str = "Another payment";
