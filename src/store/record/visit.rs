//! Visits to a provider: what came back, and how far its proof has come.

use serde::{Deserialize, Serialize};

use super::recorded::{Record, Recorded, fields, fields_and_later, lettered, numbered};
use crate::domain::journey::{
    BrowserReturn, Choice, CreatedPayment, Effect, Ending, PaymentOrder, PaymentStanding, Proof, ProviderPayment,
};
use crate::domain::{
    LedTo, ProviderRedirect, ProviderRefusal, ProviderVisit, RecordedResponse, Reopening, Sealed, UnixMillis,
};

/// A visit. One without a payment ends before that, as those of programs that knew no payments.
#[derive(Serialize, Deserialize)]
pub(super) struct VisitRecord {
    left_at: Record<UnixMillis>,
    to: Option<Record<Choice>>,
    answers: Vec<Record<RecordedResponse>>,
    redirect: Option<Record<ProviderRedirect>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payment: Option<Record<ProviderPayment>>,
}

impl Recorded for ProviderVisit {
    type Record = VisitRecord;

    fn record(&self) -> VisitRecord {
        VisitRecord {
            left_at: self.left_at.record(),
            to: self.to.record(),
            answers: self.answers.record(),
            redirect: self.redirect.record(),
            payment: self.payment.record(),
        }
    }

    fn of(record: VisitRecord) -> Option<Self> {
        Some(Self {
            left_at: Recorded::of(record.left_at)?,
            to: Recorded::of(record.to)?,
            answers: Recorded::of(record.answers)?,
            redirect: Recorded::of(record.redirect)?,
            payment: Recorded::of(record.payment)?,
        })
    }
}

fields_and_later!(
    ProviderPayment as PaymentRecord: created: Option<CreatedPayment>, standing: PaymentStanding, attached: bool,
    closing: Option<Ending>, ask_at: UnixMillis, has_turn: bool, asked: u8, returned: Option<BrowserReturn>;
    changes_until: Option<UnixMillis>, order: Option<PaymentOrder>,
);

fields!(BrowserReturn: at: UnixMillis, may_still_pay: bool);

numbered!(Ending: PressedCancel, Withdrawn);

fields!(CreatedPayment: reference: String, page: Option<Sealed>);

// Open, over, proven, or at odds with what was asked for.
lettered!(
    PaymentStanding as StandingRecord:
        O = Open,
        E = Over,
        P = Proven,
        M = Mismatch { reported: String, at: UnixMillis },
);

// An order that is to come, that did not get there, or that was sent.
lettered!(
    PaymentOrder as OrderRecord:
        E = Shown { evidence: Sealed, replaced: u8 },
        A = Agreed { agreement: Sealed },
        S = Sent { agreement: Sealed, at: UnixMillis, times: u8, made: Option<String> },
);

fields_and_later!(
    Choice as ChoiceRecord: institution: Option<String>, provider: String, scope: Vec<String>;
    #[serde(skip_serializing_if = "Option::is_none")] text: Option<String>,
);

fields!(
    RecordedResponse: response_digest: u64, at: UnixMillis, end: Option<LedTo>, proof: Option<Proof>, effect: Effect,
);

fields!(Reopening: at: UnixMillis, expires_at: UnixMillis, visits: u8, final_outcomes: u8);

numbered!(Effect: None, Counted);

// Until when a redirect is asked for; or since when it is known, and the redirect.
lettered!(
    ProviderRedirect as RedirectRecord:
        A = Asked { until: UnixMillis },
        K = Known { at: UnixMillis, url: Sealed },
);

lettered!(
    LedTo as LedToRecord:
        F = Failed(error: ProviderRefusal),
        O = Outcome(number: u8),
        H = HandedBackEarly,
        N = Onward(visit: u8),
);

// A proof under way: held, or sent.
lettered!(
    Proof as ProofRecord:
        H = Held { evidence: Sealed, until: UnixMillis },
        S = Sent { at: UnixMillis, by: u64 },
);
