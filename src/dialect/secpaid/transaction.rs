//! `getPayInTransactions`: paid journeys as rows of text (contracts, section 5).

use std::time::Duration;

use serde::Serialize;

use super::envelope::{at_home, written};
use super::link::transaction_type;
use crate::dialect::Fields;
use crate::domain::{Invalid, Journey, PayId, UnixMillis};

/// The most rows of one answer.
const MAX_LIMIT: u64 = 1000;

/// What `getPayInTransactions`, `getMyUsedLinks` and `getMyUnusedLinks` are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// The page, from 1.
    pub page: usize,
    /// Rows of a page; more than 1000 is 1000.
    pub limit: usize,
    /// The one journey that is asked for.
    pub pay_id: Option<PayId>,
    search: String,
    date: Option<String>,
    since: u64,
}

impl Query {
    /// Reads the fields; `limit` defaults to `default_limit`, and zero days of `since` are all of them.
    ///
    /// # Errors
    /// When a number or a date is not one.
    pub fn read(fields: &Fields, default_limit: u64) -> Result<Self, Invalid> {
        let whole = |name, default| Ok::<_, Invalid>(fields.number(name)?.unwrap_or(default));
        let page = whole("page", 1)?;
        let limit = whole("limit", default_limit)?.min(MAX_LIMIT);
        if page == 0 || limit == 0 {
            return Err(Invalid::new(if page == 0 { "page" } else { "limit" }, "begins at 1"));
        }
        let date = fields.text("date").map(str::to_owned);
        let is_day = |date: &String| date.parse::<jiff::civil::Date>().is_ok_and(|day| day.to_string() == *date);
        if date.as_ref().is_some_and(|date| !is_day(date)) {
            return Err(Invalid::new("date", "is not a day").hint("expected YYYY-MM-DD"));
        }
        let pay_id = fields.text("pay_id").map(str::parse).transpose()?;
        let search = fields.text("search").unwrap_or_default().to_lowercase();
        Ok(Self { page: as_size(page), limit: as_size(limit), pay_id, search, date, since: whole("since", 0)? })
    }

    /// Whether this journey is among what is asked for; which of them are on the page is another question.
    pub fn admits(&self, journey: &Journey, now: UnixMillis) -> bool {
        let day = || at_home(paid_at(journey), "%Y-%m-%d");
        let age = now.since(paid_at(journey));
        self.pay_id.is_none_or(|pay_id| pay_id == journey.pay_id())
            && self.date.as_ref().is_none_or(|date| *date == day())
            && (self.since == 0 || age <= Duration::from_secs(self.since.saturating_mul(86_400)))
            && self.finds(journey)
    }

    fn finds(&self, journey: &Journey) -> bool {
        let purpose = &journey.opening().purpose;
        let texts = [purpose.note().to_owned(), amount(journey), transaction_id(journey), journey.pay_id().to_string()];
        self.search.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(&self.search))
    }
}

fn as_size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[derive(Serialize)]
struct Transaction {
    pay_id: String,
    creator_id: String,
    user_id: String,
    transaction_id: String,
    amount: String,
    net_amount: String,
    service_fee: &'static str,
    service_fee_psp: &'static str,
    status: &'static str,
    recipient_note: String,
    payout_status: &'static str,
    created_at: String,
    is_split_link: &'static str,
    is_dispute: &'static str,
    is_refund: &'static str,
    payment_method: Option<String>,
    transaction_type: &'static str,
}

/// Writes a paid journey as a transaction: every value is a text.
pub fn transaction(journey: &Journey) -> impl Serialize + use<> {
    let opening = journey.opening();
    let (user, amount) = (opening.merchant.to_string(), amount(journey));
    let kind = transaction_type(journey);
    Transaction {
        pay_id: journey.pay_id().to_string(),
        creator_id: user.clone(),
        user_id: user,
        transaction_id: transaction_id(journey),
        amount: amount.clone(),
        net_amount: amount,
        service_fee: "0.00",
        service_fee_psp: "0.00",
        status: "Success",
        recipient_note: opening.purpose.note().to_owned(),
        payout_status: "Pending",
        created_at: written(paid_at(journey)),
        is_split_link: if kind == "Split" { "true" } else { "false" },
        is_dispute: "false",
        is_refund: "false",
        payment_method: None,
        transaction_type: kind,
    }
}

/// The amount; SecPaid's journeys all have one.
fn amount(journey: &Journey) -> String {
    journey.opening().purpose.amount().map_or_else(String::new, |amount| amount.to_string())
}

fn paid_at(journey: &Journey) -> UnixMillis {
    journey.final_outcome().map_or(journey.opening().opened_at, |final_outcome| final_outcome.at)
}

/// The day, `pi`, and ten letters and digits that stand for the journey's number.
fn transaction_id(journey: &Journey) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut number = journey.pay_id().number();
    let mut text = [b'0'; 10];
    for digit in text.iter_mut().rev() {
        *digit = DIGITS[usize::try_from(number % 62).unwrap_or_default()];
        number /= 62;
    }
    format!("{}-pi-{}", at_home(paid_at(journey), "%Y%m%d"), String::from_utf8_lossy(&text))
}
