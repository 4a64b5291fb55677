//! The demo shop's form.

pub const TITLE: &str = "Try a payment";
pub const PAY: &str = "Pay";
pub const NOTE: &str = "Order 1042: two tickets";
pub const AMOUNT_LABEL: &str = "Amount in EUR";
pub const NOTE_LABEL: &str = "Note";
pub const WHERE: &str = "Where the customer comes back to";
pub const SAVED: &str = "A saved callback";
pub const SAVED_LABEL: &str = "Saved callback";
pub const URL: &str = "A URL for this payment only";
pub const URL_LABEL: &str = "URL";
pub const LIST: &str = "A list";
pub const LIST_LABEL: &str = "Indices and URLs, separated by commas: the browser goes to the first";
pub const APP: &str = "An app";
pub const APP_LABEL: &str = "Link into the app";
pub const ONE_TIME_TOKEN: &str = "Add a one-time token, which the app redeems for the proven outcome";
pub const CANCELLABLE: &str = "The customer may cancel";
pub const OPTIONS: &str = "Options";
pub const SAME_CALL: &str = "The call behind the button";
pub const SAME_CALL_SENTENCE: &str = "An ordinary merchant’s call. KEY is the API key that the first start printed.";
pub const SHOW_CALL: &str = "Show the call for this form";
pub const COPY_CALL: &str = "Copy";
pub const COPIED: &str = "Copied";
pub const NEXT: &str = "What happens next";
pub const STEPS: [&str; 4] = [
    "You see the checkout page, as your customer would.",
    "You confirm at the built-in test bank. No money moves.",
    "You come back to the callback, with the outcome in its query.",
    "The app redeems the one-time token and knows for certain.",
];
pub const DISPLAY: &str = "The page that shows its parameters";
pub const API_LABEL: &str = "Which API your app speaks";
pub const WITHOUT: &str = "Without a browser";
pub const WITHOUT_SENTENCE: &str = "Not every customer comes back. The bank is asked all the same.";
pub const NEVER_RETURNS: &str = "A customer who pays and never returns";
pub const ATTACHED: &str = "A payment that your app creates itself";

pub fn lede(merchant: &str) -> String {
    format!("You are {merchant}. Make a payment link, pay it, and see what comes back.")
}
