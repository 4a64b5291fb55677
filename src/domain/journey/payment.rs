//! The payment that a provider holds for a visit, where the provider can be asked about it.
//!
//! The visit is written down before the provider is asked to create the payment, so that whatever becomes of the node
//! that asked, somebody asks again. From then on the payment is open until the provider has said how it ended; while it
//! is, its journey is not over, whatever its time.

use super::{Effect, Journey, LedTo, ProviderVisit, RecordedResponse, ResponseId};
use crate::domain::{PayId, Sealed, UnixMillis};

/// The payment that a provider holds for a visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderPayment {
    /// What the provider has created; `None` while it is not known whether it has.
    pub created: Option<CreatedPayment>,
    /// Where it stands, as far as the provider has said.
    pub standing: PaymentStanding,
    /// When the provider is asked next.
    pub ask_at: UnixMillis,
    /// Whether that is its turn at the pace of its provider, which must not be waited for again.
    pub has_turn: bool,
    /// How often it has been asked on schedule, since its customer left or came back.
    pub asked: u8,
    /// When the customer's browser came back.
    pub returned_at: Option<UnixMillis>,
}

/// What a provider answers to the request to create a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedPayment {
    /// The provider's own reference.
    pub reference: String,
    /// The page where the customer pays.
    pub page: Sealed,
}

/// Where a payment stands at its provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentStanding {
    /// Its customer may still pay, or the provider does not know yet.
    Open,
    /// It has ended: what became of it stands in the journey.
    Over,
    /// The provider has something else than what it was asked for: somebody must look at it.
    Mismatch {
        /// What the provider has, in one line.
        reported: String,
        /// Since when that is known.
        at: UnixMillis,
    },
}

/// The reference of a visit's payment, as the provider is given it: the journey's number and the visit's, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentReference {
    /// The journey.
    pub journey: PayId,
    /// The visit, from 0.
    pub visit: u8,
}

impl PaymentReference {
    /// Reads a reference. `None` when it is not one of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let (journey, visit) = text.split_once('-')?;
        let parsed = Self { journey: journey.parse().ok()?, visit: visit.parse::<u8>().ok()?.checked_sub(1)? };
        (parsed.to_string() == text).then_some(parsed)
    }
}

impl std::fmt::Display for PaymentReference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.journey, u16::from(self.visit) + 1)
    }
}

impl ProviderPayment {
    /// A payment that the provider is about to be asked for.
    pub const fn intended(ask_at: UnixMillis) -> Self {
        Self { created: None, standing: PaymentStanding::Open, ask_at, has_turn: false, asked: 0, returned_at: None }
    }

    /// Whether it has not ended, as far as the provider has said.
    pub const fn is_open(&self) -> bool {
        !matches!(self.standing, PaymentStanding::Over)
    }
}

impl Journey {
    /// Notes that the provider is to create a payment for this visit, which has just begun, and to be asked about it
    /// then. It belongs to the step that begins the visit.
    #[must_use]
    pub fn intending_payment(mut self, visit: u8, ask_at: UnixMillis) -> Self {
        if let Some(begun) = self.past.visits.get_mut(usize::from(visit)) {
            begun.payment = Some(ProviderPayment::intended(ask_at));
        }
        self
    }

    /// Keeps what the provider has created for a visit. `None` when that is known.
    #[must_use]
    pub fn payment_created(mut self, visit: u8, created: CreatedPayment) -> Option<Self> {
        let payment = self.payment_mut(visit).filter(|payment| payment.created.is_none())?;
        payment.created = Some(created);
        Some(self.revised())
    }

    /// Notes that the provider is asked about a payment now, and again at `next`. `None` when it has ended, or another
    /// node was faster: it was to be asked about at `due`.
    #[must_use]
    pub fn asking_payment(mut self, visit: u8, due: UnixMillis, next: UnixMillis) -> Option<Self> {
        let payment = self.payment_mut(visit).filter(|payment| payment.is_open() && payment.ask_at == due)?;
        (payment.ask_at, payment.has_turn, payment.asked) = (next, false, payment.asked.saturating_add(1));
        Some(self.revised())
    }

    /// Notes that it is the turn of a payment at `turn`, and not before. `None` as with [`Journey::asking_payment`].
    #[must_use]
    pub fn awaiting_turn(mut self, visit: u8, due: UnixMillis, turn: UnixMillis) -> Option<Self> {
        let payment = self.payment_mut(visit).filter(|payment| payment.is_open() && payment.ask_at == due)?;
        (payment.ask_at, payment.has_turn) = (turn, true);
        Some(self.revised())
    }

    /// Notes that the browser came back from the provider of this payment; while the payment is open, the provider is
    /// asked about it at `ask_at` at the latest. It belongs to a step of the caller's.
    #[must_use]
    pub fn noting_browser(mut self, response_id: ResponseId, at: UnixMillis, ask_at: UnixMillis) -> Self {
        let Some(visit) = self.past.visits.get_mut(usize::from(response_id.visit)) else { return self };
        let payment = visit.payment.as_mut().filter(|payment| payment.returned_at.is_none());
        let Some(payment) = payment else { return self };
        payment.returned_at = Some(at);
        if payment.is_open() {
            (payment.asked, payment.ask_at) = (0, payment.ask_at.min(ask_at));
        }
        if visit.answers.is_empty() {
            let response_digest = response_id.response_digest;
            visit.answers.push(RecordedResponse { response_digest, at, end: None, proof: None, effect: Effect::None });
        }
        self
    }

    /// The step that is [`Journey::noting_browser`] alone. `None` when that is known.
    #[must_use]
    pub fn browser_returned(self, response_id: ResponseId, at: UnixMillis, ask_at: UnixMillis) -> Option<Self> {
        let unknown = self.payment(response_id.visit).is_some_and(|payment| payment.returned_at.is_none());
        unknown.then(|| self.noting_browser(response_id, at, ask_at).revised())
    }

    /// Notes that the provider has something else than what it was asked for. `None` when that is known, or the
    /// payment has ended.
    #[must_use]
    pub fn mismatched(mut self, visit: u8, reported: String, at: UnixMillis) -> Option<Self> {
        let payment = self.payment_mut(visit).filter(|payment| payment.is_open())?;
        match &payment.standing {
            PaymentStanding::Mismatch { reported: known, .. } if *known == reported => return None,
            _ => payment.standing = PaymentStanding::Mismatch { reported, at },
        }
        Some(self.revised())
    }

    /// The payment that the provider of a visit holds, if it holds one.
    pub fn payment(&self, visit: u8) -> Option<&ProviderPayment> {
        self.past.visits.get(usize::from(visit))?.payment.as_ref()
    }

    /// The payments that have not ended, as far as their providers have said, with their visits.
    pub fn open_payments(&self) -> impl Iterator<Item = (u8, &ProviderPayment)> {
        let payments = (0..=u8::MAX).zip(&self.past.visits).filter_map(|(n, visit)| Some((n, visit.payment.as_ref()?)));
        payments.filter(|(_, payment)| payment.is_open())
    }

    /// The payment that was paid or authorised: the provider's own reference, and the visit.
    pub fn proven_payment(&self) -> Option<(u8, &CreatedPayment)> {
        let last = u8::try_from(self.past.final_outcomes.len().checked_sub(1)?).ok()?;
        let end = Some(LedTo::Outcome(last)).filter(|_| self.is_proven());
        let led = |visit: &&ProviderVisit| visit.answers.iter().any(|answer| answer.end.is_some() && answer.end == end);
        let (number, visit) = (0..=u8::MAX).zip(&self.past.visits).find(|(_, visit)| led(visit))?;
        Some((number, visit.payment.as_ref()?.created.as_ref()?))
    }

    /// The payment that tells most of it: the one that was paid or authorised, else that of the last visit.
    pub fn latest_payment(&self) -> Option<&ProviderPayment> {
        let visit = self.proven_payment().map(|(visit, _)| visit).or(self.last_visit())?;
        self.payment(visit)
    }

    /// When the customer's browser came back from a provider for the first time, if it ever has.
    pub fn came_back_at(&self) -> Option<UnixMillis> {
        let back = self.past.visits.iter().filter_map(|visit| match &visit.payment {
            Some(payment) => payment.returned_at,
            None => visit.answers.first().map(|answer| answer.at),
        });
        back.min()
    }

    fn payment_mut(&mut self, visit: u8) -> Option<&mut ProviderPayment> {
        self.past.visits.get_mut(usize::from(visit))?.payment.as_mut()
    }
}
