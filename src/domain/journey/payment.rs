//! The payment that a provider holds for a visit, where the provider can be asked about it.
//!
//! The visit is written down before the provider is asked to create the payment, so that whatever becomes of the node
//! that asked, somebody asks again. From then on the payment is open until the provider has said how it ended; while it
//! is, its journey is not over, whatever its time.

use std::time::Duration;

use super::{Effect, Journey, PaymentOrder, ProviderVisit, RecordedResponse, ResponseId};
use crate::domain::{Fact, PayId, Sealed, UnixMillis};

/// The payment that a provider holds for a visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderPayment {
    /// What the provider has created; `None` while it is not known whether it has.
    pub created: Option<CreatedPayment>,
    /// Where it stands, as far as the provider has said.
    pub standing: PaymentStanding,
    /// Whether the app creates it, and says which it is.
    pub attached: bool,
    /// Why it is to be closed there, where somebody has asked for that.
    pub closing: Option<Ending>,
    /// When the provider is asked next.
    pub ask_at: UnixMillis,
    /// Whether that is its turn at the pace of its provider, which must not be waited for again.
    pub has_turn: bool,
    /// How often it has been asked on schedule, since its customer left or came back.
    pub asked: u8,
    /// The customer's browser that came back, if one has: the last one, while the payment was open.
    pub returned: Option<BrowserReturn>,
    /// Until when the provider says that it may change although it was proven: it is asked about until then.
    pub changes_until: Option<UnixMillis>,
    /// How far its order is, where the provider makes it only when it is ordered; `None` while its customer is there.
    pub order: Option<PaymentOrder>,
}

/// A browser that came back from a provider which holds a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrowserReturn {
    /// When.
    pub at: UnixMillis,
    /// Whether the provider said then that its customer may still pay.
    pub may_still_pay: bool,
}

/// Why a payment is closed before it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The customer has pressed our Cancel button.
    PressedCancel,
    /// The merchant has withdrawn the journey.
    Withdrawn,
}

impl Ending {
    /// What a payment that was closed so comes to.
    pub(crate) const fn fact(self) -> Fact {
        match self {
            Self::PressedCancel => Fact::pressed_cancel(),
            Self::Withdrawn => Fact::withdrawn(),
        }
    }
}

/// What a provider answers to the request to create a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedPayment {
    /// The provider's own reference.
    pub reference: String,
    /// The page where the customer pays; `None` of a payment that the app has created, and sent its customer to.
    pub page: Option<Sealed>,
}

/// Where a payment stands at its provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentStanding {
    /// Its customer may still pay, or the provider does not know yet.
    Open,
    /// It has ended, and was not made.
    Over,
    /// It was paid, or its amount set aside.
    Proven,
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
        Self {
            created: None,
            standing: PaymentStanding::Open,
            attached: false,
            closing: None,
            ask_at,
            has_turn: false,
            asked: 0,
            returned: None,
            changes_until: None,
            order: None,
        }
    }

    /// Whether it has not ended, as far as the provider has said.
    pub const fn is_open(&self) -> bool {
        matches!(self.standing, PaymentStanding::Open | PaymentStanding::Mismatch { .. })
    }

    /// When a payment is asked about that cannot change any longer.
    const NEVER: UnixMillis = UnixMillis::from_millis(u64::MAX);

    /// Whether it was proven, and its provider says that it may change all the same; until the provider has answered
    /// when that was over.
    pub fn may_change(&self) -> bool {
        self.standing == PaymentStanding::Proven && self.changes_until.is_some() && self.ask_at != Self::NEVER
    }

    /// Whether its provider is asked about it on schedule.
    pub fn is_asked(&self) -> bool {
        self.is_open() || self.may_change()
    }
}

impl Journey {
    /// Notes that the provider is to create a payment for this visit, which has just begun, and to be asked about it
    /// then. It belongs to the step that begins the visit.
    #[must_use]
    pub fn intending_payment(mut self, visit: u8, ask_at: UnixMillis) -> Self {
        if let Some(begun) = self.past.visits.get_mut(usize::from(visit)) {
            begun.payment = Some(Box::new(ProviderPayment::intended(ask_at)));
        }
        self
    }

    /// The journey as it opens, whose app creates the payment at the provider itself and sends its customer there. Nobody
    /// can be asked before the app says which payment it is.
    #[must_use]
    pub fn awaiting_attachment(mut self) -> Self {
        let (left_at, ask_at) = (self.opening.opened_at, self.opening.expires_at);
        let payment = ProviderPayment { attached: true, ..ProviderPayment::intended(ask_at) };
        let payment = Some(Box::new(payment));
        self.past.visits.push(ProviderVisit { left_at, to: None, answers: Vec::new(), redirect: None, payment });
        self
    }

    /// Keeps which payment the app has created, to be asked about at `ask_at`. `None` when that is known, or it was not
    /// to be created by the app.
    #[must_use]
    pub fn attach_payment(mut self, visit: u8, reference: String, ask_at: UnixMillis) -> Option<Self> {
        let payment = self.payment_mut(visit).filter(|payment| payment.attached && payment.created.is_none())?;
        payment.created = Some(CreatedPayment { reference, page: None });
        (payment.standing, payment.ask_at, payment.has_turn) = (PaymentStanding::Open, ask_at, false);
        Some(self.revised())
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
        let payment = self.payment_mut(visit).filter(|payment| payment.is_asked() && payment.ask_at == due)?;
        (payment.ask_at, payment.has_turn, payment.asked) = (next, false, payment.asked.saturating_add(1));
        Some(self.revised())
    }

    /// Notes that it is the turn of a payment at `turn`, and not before; of one that has ended without being made, too,
    /// because its provider has told of it. `None` where another node was faster, or it was proven and cannot change.
    #[must_use]
    pub fn awaiting_turn(mut self, visit: u8, due: UnixMillis, turn: UnixMillis) -> Option<Self> {
        let is_final = |payment: &ProviderPayment| payment.standing == PaymentStanding::Proven && !payment.may_change();
        let payment = self.payment_mut(visit).filter(|payment| !is_final(payment) && payment.ask_at == due)?;
        (payment.ask_at, payment.has_turn) = (turn, true);
        if payment.standing == PaymentStanding::Over {
            (payment.standing, payment.asked) = (PaymentStanding::Open, 0);
        }
        Some(self.revised())
    }

    /// Notes that the payments that are open are to be closed at their providers, and why. `None` when there are none, or
    /// that is known.
    #[must_use]
    pub fn closing_payments(mut self, ending: Ending) -> Option<Self> {
        let payments = self.past.visits.iter_mut().filter_map(|visit| visit.payment.as_deref_mut());
        let open = payments.filter(|payment| payment.is_open() && payment.closing.is_none());
        let closing = open.map(|payment| payment.closing = Some(ending)).count();
        (closing > 0).then(|| self.revised())
    }

    /// Notes that a browser came back from the provider of this payment; while the payment is open, the provider is
    /// asked about it at `ask_at` at the latest. It belongs to a step of the caller's.
    #[must_use]
    pub fn noting_browser(mut self, response_id: ResponseId, returned: BrowserReturn, ask_at: UnixMillis) -> Self {
        let Some(visit) = self.past.visits.get_mut(usize::from(response_id.visit)) else { return self };
        let Some(payment) = visit.payment.as_mut() else { return self };
        payment.returned = Some(returned);
        if payment.is_open() {
            (payment.asked, payment.ask_at) = (0, payment.ask_at.min(ask_at));
        }
        if visit.answers.is_empty() {
            let (response_digest, at) = (response_id.response_digest, returned.at);
            visit.answers.push(RecordedResponse { response_digest, at, end: None, proof: None, effect: Effect::None });
        }
        self
    }

    /// The step that is [`Journey::noting_browser`] alone. `None` when a browser is known that came back less than `wait`
    /// before, or at all, where the payment has ended.
    #[must_use]
    pub fn browser_returned(
        self,
        response_id: ResponseId,
        (returned, wait): (BrowserReturn, Duration),
        ask_at: UnixMillis,
    ) -> Option<Self> {
        let payment = self.payment(response_id.visit)?;
        // A browser that was led somewhere is not waited for any more, and no later one counts as the first.
        let is_led = self.answered(response_id).is_some() || !payment.is_open();
        let is_known = payment.returned.is_some_and(|known| is_led || returned.at < known.at.plus(wait));
        (!is_known).then(|| self.noting_browser(response_id, returned, ask_at).revised())
    }

    /// Notes until when a payment that was proven may change, and when it is asked about next; nothing where it was not
    /// proven. It belongs to a step of the caller's.
    #[must_use]
    pub fn with_changes_until(mut self, visit: u8, until: UnixMillis, ask_at: UnixMillis) -> Self {
        let proven = |payment: &&mut ProviderPayment| payment.standing == PaymentStanding::Proven;
        let Some(payment) = self.payment_mut(visit).filter(proven) else { return self };
        if !payment.may_change() {
            (payment.ask_at, payment.has_turn, payment.asked) = (ask_at, false, 0);
        }
        payment.changes_until = Some(until);
        self
    }

    /// Notes that the provider has answered about a payment that was made when it could not change any longer: it is not
    /// asked about any more. `None` where that is known, or it may still change.
    #[must_use]
    pub fn end_changes(mut self, visit: u8, at: UnixMillis) -> Option<Self> {
        let is_over = |payment: &&mut ProviderPayment| {
            payment.may_change() && payment.changes_until.is_some_and(|until| until <= at)
        };
        self.payment_mut(visit).filter(is_over)?.ask_at = ProviderPayment::NEVER;
        Some(self.revised())
    }

    /// Puts the next question about a payment that was made off until `later`: others go first. `None` where another
    /// node was faster.
    #[must_use]
    pub fn put_off(mut self, visit: u8, due: UnixMillis, later: UnixMillis) -> Option<Self> {
        let payment = self.payment_mut(visit).filter(|payment| payment.may_change() && payment.ask_at == due)?;
        (payment.ask_at, payment.has_turn) = (later, false);
        Some(self.revised())
    }

    /// The step that is [`Journey::with_changes_until`] alone. `None` where that changes nothing.
    #[must_use]
    pub fn note_changes_until(self, visit: u8, until: UnixMillis, ask_at: UnixMillis) -> Option<Self> {
        let before = self.clone();
        let next = self.with_changes_until(visit, until, ask_at);
        (next != before).then(|| next.revised())
    }

    /// Notes that the provider has what it was asked for after all. `None` when nothing else was known.
    #[must_use]
    pub fn matching_again(mut self, visit: u8) -> Option<Self> {
        let differs = |payment: &&mut ProviderPayment| matches!(payment.standing, PaymentStanding::Mismatch { .. });
        self.payment_mut(visit).filter(differs)?.standing = PaymentStanding::Open;
        Some(self.revised())
    }

    /// Notes that a payment that was asked about again was not made, as its journey knew already. `None` when it is not
    /// open.
    #[must_use]
    pub fn payment_over(mut self, visit: u8, at: UnixMillis) -> Option<Self> {
        self.payment(visit).filter(|payment| payment.is_open())?;
        self.end_payment(visit, false, at);
        Some(self.revised())
    }

    /// Notes how a payment has ended. When it was proven, the others are asked about at once: nobody must pay twice.
    pub(super) fn end_payment(&mut self, visit: u8, is_proven: bool, at: UnixMillis) {
        if let Some(payment) = self.payment_mut(visit).filter(|payment| payment.standing != PaymentStanding::Proven) {
            payment.standing = if is_proven { PaymentStanding::Proven } else { PaymentStanding::Over };
        }
        let others = self.past.visits.iter_mut().filter_map(|visit| visit.payment.as_deref_mut());
        for other in others.filter(|payment| is_proven && payment.is_open()) {
            (other.ask_at, other.has_turn) = (at, false);
        }
    }

    /// Notes that the provider has something else than what it was asked for. `None` when that is known, or the
    /// payment has been proven.
    #[must_use]
    pub fn mismatched(mut self, visit: u8, reported: String, at: UnixMillis) -> Option<Self> {
        let payment = self.payment_mut(visit)?;
        match &payment.standing {
            PaymentStanding::Proven => return None,
            PaymentStanding::Mismatch { reported: known, .. } if *known == reported => return None,
            _ => payment.standing = PaymentStanding::Mismatch { reported, at },
        }
        Some(self.revised())
    }

    /// The payment that the provider of a visit holds, if it holds one.
    pub fn payment(&self, visit: u8) -> Option<&ProviderPayment> {
        self.past.visits.get(usize::from(visit))?.payment.as_deref()
    }

    /// The payments that have not ended, as far as their providers have said, with their visits.
    pub fn open_payments(&self) -> impl Iterator<Item = (u8, &ProviderPayment)> {
        self.payments().filter(|(_, payment)| payment.is_open())
    }

    /// Whether nobody is to be sent to the page of a visit any more: its payment is being closed, or the journey is over.
    pub fn visit_is_over(&self, visit: u8, now: UnixMillis) -> bool {
        let is_closing = self.payment(visit).is_some_and(|payment| payment.closing.is_some());
        is_closing || self.is_past_expiry(now) || self.final_outcome().is_some()
    }

    /// The payments that their providers are asked about on schedule: those that have not ended, and those that may change
    /// all the same.
    pub fn asked_payments(&self) -> impl Iterator<Item = (u8, &ProviderPayment)> {
        self.payments().filter(|(_, payment)| payment.is_asked())
    }

    /// The payment that was paid or authorised: the visit, and what the provider has created.
    pub fn proven_payment(&self) -> Option<(u8, &CreatedPayment)> {
        let mut proven = self.payments().filter(|(_, payment)| payment.standing == PaymentStanding::Proven);
        proven.find_map(|(visit, payment)| Some((visit, payment.created.as_ref()?)))
    }

    /// The payment that tells most of it: the one that was paid or authorised, else that of the last visit.
    pub fn latest_payment(&self) -> Option<&ProviderPayment> {
        let visit = self.proven_payment().map(|(visit, _)| visit).or(self.last_visit())?;
        self.payment(visit)
    }

    /// The payments that providers hold, with their visits.
    pub fn payments(&self) -> impl Iterator<Item = (u8, &ProviderPayment)> {
        (0..=u8::MAX).zip(&self.past.visits).filter_map(|(n, visit)| Some((n, visit.payment.as_deref()?)))
    }

    pub(super) fn payment_mut(&mut self, visit: u8) -> Option<&mut ProviderPayment> {
        self.past.visits.get_mut(usize::from(visit))?.payment.as_deref_mut()
    }
}
