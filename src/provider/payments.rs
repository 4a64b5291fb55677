//! Providers that create payments, can be asked about them, and tell of them.

use std::time::Duration;

use url::Url;

use crate::domain::{
    Amount, Checkout, Currency, Instrument, MerchantId, Mode, OperationKind, PaymentReference, ProviderRefusal,
    Purpose, ReportedOperation, Secret, UnixMillis, Wanted,
};

/// What is the same for all providers that take payments, of whatever kind: whose money they take, and which.
#[derive(Debug, Clone)]
pub struct AccountSettings {
    /// Its id, as it is frozen into journeys and stands in addresses.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// Whether it is for tests.
    pub mode: Mode,
    /// The currencies that it takes; none is all.
    pub currencies: Vec<Currency>,
    /// The merchants whose money it takes; none is every merchant of its mode.
    pub merchants: Vec<MerchantId>,
    /// When it is asked about payments that have not ended.
    pub ask_schedule: AskSchedule,
}

impl AccountSettings {
    /// Whether it is there for this merchant.
    pub fn serves(&self, merchant: MerchantId) -> bool {
        self.merchants.is_empty() || self.merchants.contains(&merchant)
    }

    /// Whether it takes what is asked for: a payment by its customer, or an operation that its provider has, in a currency
    /// of its own.
    pub fn takes(&self, purpose: &Purpose, has_operation: impl FnOnce(OperationKind) -> bool) -> bool {
        let fits = match purpose {
            Purpose::Checkout(Checkout { repeats: Some(_), .. } | Checkout { wanted: Wanted::Registration, .. })
            | Purpose::Consent(_)
            | Purpose::Job(_) => false,
            Purpose::Checkout(_) => true,
            Purpose::Operation(operation) => has_operation(operation.kind),
        };
        fits && self.takes_currency_of(purpose)
    }

    /// Whether it takes the currency of what is asked for, if it is about money.
    pub fn takes_currency_of(&self, purpose: &Purpose) -> bool {
        let is_taken = |amount: Amount| self.currencies.is_empty() || self.currencies.contains(&amount.currency());
        purpose.amount().is_none_or(is_taken)
    }
}

/// The page where a customer pays: https, or http where the provider itself is asked so. `None` when it is another kind
/// of address.
pub fn payment_page(text: &str, provider: &Url) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let is_known = url.scheme() == "https" || (url.scheme() == "http" && provider.scheme() == "http");
    (is_known && url.has_host()).then(|| url.into())
}

/// What a provider says of a payment when it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentReport {
    /// The reference that the payment was created under.
    pub reference: String,
    /// How much it is over; `None` of a registration.
    pub amount: Option<Amount>,
    /// Where it stands.
    pub status: PaymentStatus,
    /// What was done to it since, by whomever, as far as the provider says.
    pub operations: Vec<ReportedOperation>,
    /// What its customer has paid with, not checked yet.
    pub instrument: Option<Instrument>,
    /// Until when something may still be done to it there of which nobody here knows: it is asked about until then,
    /// though it was paid.
    pub changes_until: Option<UnixMillis>,
}

/// How far the order of a payment is, at a provider that makes it only when it is ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderStanding {
    /// It was not sent.
    NotSent {
        /// What a browser brought home that shows that its customer has agreed, if one has.
        evidence: Option<Secret>,
    },
    /// It was sent, or is about to be.
    Sent {
        /// What the payment is ordered by: what [`PaymentStatus::Agreed`] said.
        agreement: Secret,
        /// The provider's reference of what was made; `None` while it is not known whether anything was.
        made: Option<String>,
    },
}

/// What became of the order of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ordered {
    /// There is a payment under this reference of the provider's own, however far it is.
    Made(String),
    /// None was made, and none will be by this agreement.
    Refused(ProviderRefusal),
    /// What refuses may be the payment itself, which was made by the order before.
    Unknown,
}

/// Where a payment stands at its provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentStatus {
    /// Its customer may still pay.
    Open,
    /// Its customer has agreed: it is made when it is ordered, by this. Of a provider that [makes payments to
    /// order](super::Provider::makes_to_order).
    Agreed(Secret),
    /// Its customer is done, and the provider does not know yet.
    Pending,
    /// It was paid.
    Paid,
    /// Its amount was set aside.
    Authorised,
    /// It was not paid, and cannot be any more.
    Refused(ProviderRefusal),
    /// It was closed before it was paid: by us, or because its time was over.
    Closed,
}

/// When a provider is asked about its payments that have not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskSchedule {
    /// How long is waited before each time that it is asked, after the one before; the last one is repeated.
    waits: Vec<Duration>,
    /// How many times a second it is asked at the most, by each node.
    per_second: u32,
    /// For how long an answer about a payment holds, whoever looks again.
    answers_hold: Duration,
}

impl AskSchedule {
    /// For how long an answer holds, unless the provider says otherwise.
    pub const FRESH: Duration = Duration::from_secs(1);

    /// How often a provider may be asked, in questions a second.
    pub const PER_SECOND: (u32, u32) = (1, 1000);

    /// How long is waited before each question about a payment that was made.
    const CHANGES: Duration = Duration::from_hours(24);

    /// For how long, at the most, a payment that was made is asked about: the longest that a bank's customer may take
    /// back an unauthorised direct debit is 13 months.
    pub const LONGEST_CHANGES: Duration = Duration::from_hours(400 * 24);

    /// The schedule that asks after these waits. `None` when there are none, or the rate is out of bounds.
    pub fn new(waits: Vec<Duration>, per_second: u32) -> Option<Self> {
        let (least, most) = Self::PER_SECOND;
        (!waits.is_empty() && (least..=most).contains(&per_second)).then_some(Self {
            waits,
            per_second,
            answers_hold: Self::FRESH,
        })
    }

    /// The same, of a provider that answers about one payment only so often: until then its last answer holds for the
    /// browsers that come back.
    #[must_use]
    pub fn holding(self, answers_hold: Duration) -> Self {
        Self { answers_hold, ..self }
    }

    /// For how long an answer about a payment holds, whoever looks again.
    pub const fn answers_hold(&self) -> Duration {
        self.answers_hold
    }

    /// How long is waited before it is asked for the next time, when it has been asked so often; a tenth more or less,
    /// by `chance`.
    pub fn wait(&self, asked: u8, chance: u64) -> Duration {
        let wait = self.waits.get(usize::from(asked)).or(self.waits.last()).copied().unwrap_or_default();
        Self::varied(wait, chance)
    }

    /// A wait, a tenth more or less by chance.
    pub fn varied(wait: Duration, chance: u64) -> Duration {
        let tenth = u32::try_from(chance % 201).unwrap_or_default();
        wait * (900 + tenth) / 1000
    }

    /// How long is waited before it is asked again about a payment that was made, and may change: a day, a tenth more or
    /// less.
    pub fn wait_for_changes(chance: u64) -> Duration {
        Self::varied(Self::CHANGES, chance)
    }

    /// How long after a question the next one may be asked.
    pub fn pause(&self) -> Duration {
        Duration::from_secs(1) / self.per_second
    }

    /// How many times a second it is asked at the most, by each node.
    pub const fn per_second(&self) -> u32 {
        self.per_second
    }

    /// The waits.
    pub fn waits(&self) -> &[Duration] {
        &self.waits
    }
}

impl Default for AskSchedule {
    /// After 5 and 30 seconds, 1, 2, 5, 10 and 30 minutes, then every hour; at most twenty times a second.
    fn default() -> Self {
        let waits = [5, 30, 60, 120, 300, 600, 1800, 3600];
        Self { waits: waits.map(Duration::from_secs).into(), per_second: 20, answers_hold: Self::FRESH }
    }
}

/// What a provider posted to `/notify/{provider}`, as it came.
pub struct Notification<'a> {
    /// The value of a header, by its name in lower case; `None` when it is missing or not text.
    pub header: &'a dyn Fn(&str) -> Option<&'a str>,
    /// The body, byte for byte.
    pub body: &'a [u8],
    /// The present time, in seconds.
    pub now: u64,
}

/// Why a notification is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotificationError {
    /// This provider sends none.
    #[error("this provider sends no notifications")]
    NotSent,
    /// It was not signed by the provider.
    #[error("the signature is missing or wrong")]
    Unsigned,
    /// It was signed too long ago, or is of the future.
    #[error("it was signed too long ago, or its time is still to come")]
    Outdated,
    /// It was signed, and cannot be read.
    #[error("it does not name a payment")]
    Unreadable,
}

/// What a notification is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotifiedPayment {
    /// Our reference of the payment.
    pub reference: PaymentReference,
    /// The operation that has been done to it, by its provider's own id, where it is told of operations one by one and
    /// says nothing of them when it is asked about the payment.
    pub operation: Option<String>,
}

impl From<PaymentReference> for NotifiedPayment {
    fn from(reference: PaymentReference) -> Self {
        Self { reference, operation: None }
    }
}

/// What a notification says. `None` when it is about nothing that was created here.
pub type Notified = Result<Option<NotifiedPayment>, NotificationError>;
