//! Sentences about numbers.

pub const NUMBERS: &str = "Numbers";
pub const FROM: &str = "From";
pub const TO: &str = "To, included";
pub const SHOW: &str = "Show";
pub const SPANS: &str = "Days until today";
pub const NONE: &str = "No journey that is kept was opened in these days.";
pub const BY_DAY: &str = "By day";
pub const BY_DAY_LEDE: &str = "Every journey that is kept, by the day in UTC on which it was opened, also captures, refunds and jobs. Proven is what a provider has said to be paid, authorised or done by now.";
pub const DAY: &str = "Day";
pub const OPENED: &str = "Opened";
pub const PROVEN: &str = "Proven";
pub const DAY_CHART: &str = "Journeys opened and proven by day, as the table beside has them";
pub const OUTCOMES: &str = "Outcomes";
pub const STATUS: &str = "Status";
pub const COUNT: &str = "Journeys";
pub const SHARE: &str = "Share";
pub const NOT_RETURNED: &str = "paid, but not returned";
pub const STEPS_TITLE: &str = "From open to home";
pub const STEPS_LEDE: &str =
    "Of the journeys that have a customer. From the return on, those whose customer came back.";
pub const STEP: &str = "Step";
pub const STEPS: [&str; 6] = ["opened", "sent out", "returned", "concluded", "handed back", "token redeemed"];
pub const TIMES_TITLE: &str = "How long customers took";
pub const TIMES_LEDE: &str = "Of the customers who came back and were handed back.";
pub const TIMES: [&str; 2] = ["from open until home", "from the return until the hand-back"];
pub const TIME: &str = "Time";
pub const HALF: &str = "Half within";
pub const MOST: &str = "99 of 100 within";
pub const FAILING: &str = "Endpoints that fail now";

pub fn days(days: u64) -> String {
    format!("{days} days")
}

pub fn total(opened: u64, proven: u64) -> String {
    let journeys = if opened == 1 { "1 journey was".to_owned() } else { format!("{opened} journeys were") };
    format!("{journeys} opened, of which {proven} {} proven.", if proven == 1 { "is" } else { "are" })
}

pub fn kept(days: u64) -> String {
    format!("An ended journey is kept for {days} days: what was opened before may be missing here.")
}

pub fn sampled(size: u64, margin: &str) -> String {
    format!(
        "What follows is estimated from {size} journeys drawn evenly from these days. In 19 of 20 cases a share is right to {margin} percentage points; small ones are closer, and 99 of 100 may stand for 98.5 to 99.5."
    )
}

pub fn operations(operations: u64) -> String {
    match operations {
        0 => "Captures, refunds and chargebacks are not among them; there are none.".to_owned(),
        1 => "1 capture, refund or chargeback is not among them.".to_owned(),
        many => format!("{many} captures, refunds and chargebacks are not among them."),
    }
}

pub fn span(millis: u64) -> String {
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..120_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        120_000..7_200_000 => format!("{} min", millis / 60_000),
        _ => format!("{} h", millis / 3_600_000),
    }
}
