//! Payments that a provider holds and can be asked about: created once, asked about by schedule, ended by what the
//! provider says and by nothing else.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use super::*;
use crate::domain::journey::Choice;
use crate::domain::{
    Amount, Cancel, Checkout, Currency, Instrument, LatePayments, Mode, Outcome, PayId, PaymentReference,
    PaymentStanding, ReportedOperation, Stage, UnixMillis, Wanted,
};
use crate::engine::{NotifyResult, SendRequest, SendResult, Sender, ask, visit};
use crate::provider::{
    AskSchedule, Notification, NotificationError, Notified, PaymentContext, PaymentReport, PaymentStatus,
};
use crate::store::Replaced;

/// A payment engine that keeps its books, and does as it is told.
#[derive(Default)]
pub(super) struct Till {
    /// What it holds, by our references.
    payments: Mutex<BTreeMap<String, PaymentStatus>>,
    /// The questions that it was asked, with those that it did not answer.
    questions: Mutex<Vec<String>>,
    /// It does what it is asked, and says nothing.
    pub(super) is_mute: AtomicBool,
    /// How much more than asked for it has, in cents.
    surplus: AtomicUsize,
    pub(super) per_second: Option<u32>,
    /// What was done to each of them.
    pub(super) operations: Mutex<Vec<ReportedOperation>>,
    pub(super) changes_until: Mutex<Option<UnixMillis>>,
    pub(super) instrument: Mutex<Option<Instrument>>,
}

impl Till {
    pub(super) fn set(&self, reference: &str, status: PaymentStatus) {
        assert!(
            self.payments.lock().unwrap().insert(reference.into(), status).is_some(),
            "{reference} was not created"
        );
    }

    pub(super) fn references(&self) -> Vec<String> {
        self.payments.lock().unwrap().keys().cloned().collect()
    }

    pub(super) fn asked(&self, what: &str) -> usize {
        self.questions.lock().unwrap().iter().filter(|question| *question == what).count()
    }

    fn heard<T>(&self, what: &str, answer: T) -> Result<T, ProviderError> {
        self.questions.lock().unwrap().push(what.into());
        if self.is_mute.load(Ordering::SeqCst) { Err(ProviderError::Unanswered("as told".into())) } else { Ok(answer) }
    }

    fn report(&self, what: &str, context: &PaymentContext<'_>) -> Result<PaymentReport, ProviderError> {
        let reference = context.reference.to_string();
        assert_eq!(context.provider_reference, format!("till-{reference}"));
        let status = self.payments.lock().unwrap().get(&reference).cloned().unwrap();
        let amount = context.journey.opening().purpose.amount().unwrap();
        let surplus = self.surplus.load(Ordering::SeqCst) as u64;
        let amount = Amount::from_minor(amount.minor() + surplus, amount.currency());
        let operations = self.operations.lock().unwrap().clone();
        let changes_until = *self.changes_until.lock().unwrap();
        let instrument = self.instrument.lock().unwrap().clone();
        self.heard(
            what,
            PaymentReport { reference, amount: Some(amount), status, operations, instrument, changes_until },
        )
    }
}

#[async_trait]
impl Provider for Till {
    fn name(&self) -> &'static str {
        "blunt"
    }

    fn label(&self) -> &'static str {
        "Till"
    }

    fn mode(&self) -> Mode {
        Mode::Test
    }

    fn takes_payments(&self) -> bool {
        true
    }

    fn creates_payment(&self, journey: &Journey) -> bool {
        journey.opening().purpose.checkout().is_some()
    }

    fn ask_schedule(&self) -> AskSchedule {
        let usual = AskSchedule::default();
        AskSchedule::new(usual.waits().to_vec(), self.per_second.unwrap_or(1000)).unwrap()
    }

    async fn request(&self, context: &VisitContext<'_>) -> Result<Requested, ProviderError> {
        let reference = context.payment_reference().to_string();
        self.payments.lock().unwrap().entry(reference.clone()).or_insert(PaymentStatus::Open);
        let page = Redirect::to_provider(format!("https://till.example/{reference}?state={}", context.state));
        self.heard("create", Requested::Created { reference: format!("till-{reference}"), page })
    }

    fn read_return(&self, answer: &AuthorizationResponse) -> Result<UnverifiedResponse, Invalid> {
        Ok(answer.unverified())
    }

    async fn exchange(&self, _: &VisitContext<'_>, _: &Evidence) -> Result<Fact, ProviderError> {
        panic!("it gives no codes")
    }

    async fn payment(&self, context: &PaymentContext<'_>) -> Result<PaymentReport, ProviderError> {
        self.report("get", context)
    }

    async fn close(&self, context: &PaymentContext<'_>) -> Result<PaymentReport, ProviderError> {
        let mut payments = self.payments.lock().unwrap();
        let status = payments.get_mut(&context.reference.to_string()).unwrap();
        if *status == PaymentStatus::Open {
            *status = PaymentStatus::Closed;
        }
        drop(payments);
        self.report("close", context)
    }

    fn read_notification(&self, notification: &Notification<'_>) -> Notified {
        if (notification.header)("signature") != Some("genuine") {
            return Err(NotificationError::Unsigned);
        }
        Ok(PaymentReference::parse(std::str::from_utf8(notification.body).unwrap()).map(Into::into))
    }
}

/// One gateway, one shop and a till.
pub(super) struct Scene {
    pub(super) ground: Ground,
    pub(super) till: Arc<Till>,
    pub(super) engine: Arc<Engine>,
    pub(super) merchant: Merchant,
}

impl Scene {
    pub(super) async fn new() -> Self {
        Self::at(Till::default()).await
    }

    pub(super) async fn at(till: Till) -> Self {
        let (ground, till) = (Ground::new(), Arc::new(till));
        let engine = ground.node_of(Arc::clone(&till) as Arc<dyn Provider>);
        let merchant = merchant(&engine).await;
        Self { ground, till, engine, merchant }
    }

    async fn opened(&self) -> Journey {
        self.opened_for(Wanted::Payment(Amount::parse("10", Currency::EUR).unwrap())).await
    }

    async fn opened_for(&self, wanted: Wanted) -> Journey {
        let checkout = Checkout {
            wanted,
            institution: None,
            payee: None,
            note: String::new(),
            cancel: Cancel::Offered,
            repeats: None,
        };
        let callback = RequestedCallbacks::Covered("https://shop.example/cb?own=1".into());
        let open_request = open_request(Purpose::Checkout(checkout), callback);
        use_cases::open::open(&self.engine, &self.merchant, "terse", &open_request, None).await.unwrap()
    }

    async fn press(&self, journey: &Journey) -> SendResult {
        let link = derive::link(&self.engine.deps, journey).unwrap();
        let press = SendRequest { sender: Sender::Link(&link), chosen: None, text: None, at: Instant::now() };
        use_cases::send_to_provider::send_to_provider(&self.engine, press).await.unwrap().unwrap()
    }

    /// Opens a journey whose customer is at the till; answers it as it was opened, the till's page and the state.
    pub(super) async fn left(&self) -> (Journey, String, String) {
        let journey = self.opened().await;
        let SendResult::Sent(sent) = self.press(&journey).await else { panic!("not sent") };
        let (_, state) = sent.redirect.as_str().split_once("state=").unwrap();
        (journey, sent.redirect.as_str().to_owned(), state.to_owned())
    }

    async fn back(&self, state: &str) -> Result<Returned, EngineError> {
        let pairs = [("state".to_owned(), state.to_owned())];
        let answer = AuthorizationResponse::read(Carried::Query, pairs).unwrap();
        let (visitor, at, timing) = (&*STRANGER, Instant::now(), &Timing::default());
        let brought = Brought { provider: "blunt", answer, visitor, at, timing };
        use_cases::return_::take_return(&self.engine, brought).await
    }

    /// The browser that left looks again at the page that waits.
    async fn look(&self, waited: &Waited) -> Returned {
        let visitor = leaver(&self.engine, &waited.journey);
        let looking = Waiting { visitor: &visitor, ..looking(waited) };
        use_cases::return_::wait_on(&self.engine, looking).await.unwrap()
    }

    pub(super) async fn now(&self, journey: &Journey) -> Journey {
        find::journey(&self.engine.deps, self.merchant.id, journey.pay_id()).await.unwrap().unwrap()
    }

    /// Sweeps after this time until everything that was due has been asked.
    pub(super) async fn after(&self, span: Duration) {
        self.ground.clock.advance(span);
        sweep::sweep(&self.engine).await.unwrap();
        while self.engine.asks_providers() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        // What waits for its turn begins within a second.
        tokio::time::sleep(Duration::from_millis(20)).await;
        while self.engine.asks_providers() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub(super) async fn notify(&self, signature: &'static str, body: &str) -> NotifyResult {
        let header = move |name: &str| (name == "signature").then_some(signature);
        let notification = Notification { header: &header, body: body.as_bytes(), now: 0 };
        use_cases::payment::notify(&self.engine, "blunt", &notification).await.unwrap()
    }

    pub(super) async fn until(&self, journey: &Journey, is_so: impl Fn(&Journey) -> bool) -> Journey {
        for _ in 0..1000 {
            let now = self.now(journey).await;
            if is_so(&now) {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("it never came about");
    }
}

pub(super) fn outcome(journey: &Journey) -> Option<Outcome> {
    journey.final_outcome().map(|final_outcome| final_outcome.outcome)
}

fn refusal() -> PaymentStatus {
    PaymentStatus::Refused(ProviderRefusal::new("declined", None))
}

pub(super) const SECOND: Duration = Duration::from_secs(1);

/// Longer than a journey waits for its customer.
const LIFE: Duration = Duration::from_mins(24 * 60 + 1);

#[tokio::test]
async fn however_often_a_customer_presses_there_is_one_payment_and_one_page() {
    let scene = Scene::new().await;
    let (journey, page, _) = scene.left().await;
    let other = scene.ground.node_of(Arc::clone(&scene.till) as Arc<dyn Provider>);
    for engine in [&scene.engine, &other] {
        let again = Scene { engine: Arc::clone(engine), ..Scene::at(Till::default()).await };
        let SendResult::Sent(sent) = again.press(&journey).await else { panic!() };
        assert_eq!(sent.redirect.as_str(), page);
    }
    assert_eq!((scene.till.asked("create"), scene.till.references().len()), (1, 1), "known ones are not asked for");
    let reference = PaymentReference { journey: journey.pay_id(), visit: 0 };
    assert_eq!(scene.till.references(), [reference.to_string()]);
}

#[tokio::test]
async fn a_creation_whose_answer_is_lost_is_the_same_payment_when_it_is_pressed_again() {
    let scene = Scene::new().await;
    let journey = scene.opened().await;
    scene.till.is_mute.store(true, Ordering::SeqCst);
    assert!(matches!(scene.press(&journey).await, SendResult::NoProvider(_)));
    scene.till.is_mute.store(false, Ordering::SeqCst);
    assert!(matches!(scene.press(&journey).await, SendResult::Sent(_)));
    assert_eq!((scene.till.asked("create"), scene.till.references().len()), (2, 1));
}

#[tokio::test]
async fn of_two_payments_that_two_nodes_had_created_the_first_that_was_written_is_the_one() {
    let scene = Scene::new().await;
    let journey = scene.opened().await;
    let (journey, visit) = visit::begin(&scene.engine.deps, journey, None).await.unwrap();
    assert!(matches!(visit, visit::Visit::UnderWay(0)));
    let page = |name: &str| Redirect::to_provider(format!("https://till.example/{name}"));
    let created = |name: &str| Ok(Requested::Created { reference: name.into(), page: page(name) });
    for (own, kept) in [("first", "first"), ("second", "first"), ("first", "first")] {
        let answered = ask::keep_created(&scene.engine.deps, &journey, 0, created(own)).await.unwrap();
        assert_eq!(answered, created(kept), "{own}");
    }
}

#[tokio::test]
async fn what_was_created_and_never_answered_is_found_again_and_closed_in_the_end() {
    let scene = Scene::new().await;
    let journey = scene.opened().await;
    scene.till.is_mute.store(true, Ordering::SeqCst);
    assert!(matches!(scene.press(&journey).await, SendResult::NoProvider(_)));
    scene.till.is_mute.store(false, Ordering::SeqCst);
    scene.after(6 * SECOND).await;
    let now = scene.now(&journey).await;
    assert!(now.payment(0).unwrap().created.is_some(), "the schedule has asked for it");
    scene.after(LIFE).await;
    assert_eq!(outcome(&scene.now(&journey).await), Some(Outcome::Expired));
    assert_eq!(*scene.till.payments.lock().unwrap().values().next().unwrap(), PaymentStatus::Closed);
}

#[tokio::test]
async fn whose_customer_never_returns_is_told_by_the_schedule_what_became_of_it() {
    let scene = Scene::new().await;
    let (journey, _, state) = scene.left().await;
    scene.after(4 * SECOND).await;
    assert_eq!(scene.till.asked("get"), 0, "not before its time");
    scene.after(2 * SECOND).await;
    assert_eq!((scene.till.asked("get"), outcome(&scene.now(&journey).await)), (1, None));
    scene.till.set(&scene.till.references()[0], PaymentStatus::Paid);
    scene.after(34 * SECOND).await;
    let paid = scene.now(&journey).await;
    assert_eq!((outcome(&paid), paid.came_back_at()), (Some(Outcome::Paid), None), "paid, and not returned");
    // Much later the browser comes after all: it is the first that does.
    scene.ground.clock.advance(Duration::from_hours(1));
    let home = location(scene.back(&state).await);
    assert_eq!(home, "https://shop.example/cb?own=1&outcome=paid");
    assert_eq!(location(scene.back(&state).await), home);
    let returned = scene.now(&journey).await;
    assert!(returned.came_back_at() > paid.final_outcome().map(|paid| paid.at));
    assert_eq!(scene.till.asked("get"), 2, "what is over is not asked about");
}

#[tokio::test]
async fn the_schedule_asks_less_and_less_often() {
    let scene = Scene::new().await;
    let (journey, _, _) = scene.left().await;
    let mut waits = Vec::new();
    for _ in 0..10 {
        let due = scene.now(&journey).await.due_at().unwrap();
        let now = scene.engine.deps.clock.now();
        waits.push(due.since(now).as_secs_f64());
        let asked = scene.till.asked("get");
        scene.after(due.since(now)).await;
        assert_eq!(scene.till.asked("get"), asked + 1);
    }
    for (wait, expected) in waits.iter().zip([5.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 3600.0, 3600.0]) {
        // A question waits for its turn, up to a second.
        assert!((wait - expected).abs() <= expected / 10.0 + 1.5, "{waits:?}");
    }
}

#[tokio::test]
async fn one_that_is_refused_leads_back_to_the_checkout_and_the_next_try_is_another_payment() {
    let scene = Scene::new().await;
    let (journey, first, state) = scene.left().await;
    scene.till.set(&scene.till.references()[0], refusal());
    scene.after(6 * SECOND).await;
    assert!(matches!(scene.now(&journey).await.stage(), Stage::Open(Some(error)) if error.code() == "declined"));
    // The browser that comes back is led to the checkout, too.
    assert!(location(scene.back(&state).await).starts_with("https://pay.example/payment?"));
    let SendResult::Sent(second) = scene.press(&journey).await else { panic!() };
    assert_ne!(second.redirect.as_str(), first);
    assert_eq!(scene.till.references().len(), 2);
    scene.till.set(&scene.till.references()[1], PaymentStatus::Paid);
    scene.after(6 * SECOND).await;
    assert_eq!(outcome(&scene.now(&journey).await), Some(Outcome::Paid));
}

#[tokio::test]
async fn nobody_is_told_expired_before_the_provider_has_been_asked() {
    let scene = Scene::new().await;
    let (journey, _, _) = scene.left().await;
    scene.till.is_mute.store(true, Ordering::SeqCst);
    for span in [LIFE, Duration::from_hours(2), Duration::from_hours(2)] {
        scene.after(span).await;
        let now = scene.now(&journey).await;
        assert_eq!(
            (outcome(&now), now.is_past_expiry(scene.engine.deps.clock.now())),
            (None, true),
            "unknown, not over"
        );
    }
    let away = scene.engine.providers_away();
    assert!(matches!(&away[..], [(name, span)] if name == "blunt" && *span > Duration::ZERO), "{away:?}");
    assert!(matches!(scene.press(&journey).await, SendResult::Ended(_)), "nobody is sent out any more");
    // It comes back, and says that it was paid in time.
    scene.till.is_mute.store(false, Ordering::SeqCst);
    scene.till.set(&scene.till.references()[0], PaymentStatus::Paid);
    scene.after(Duration::from_hours(2)).await;
    assert_eq!(outcome(&scene.now(&journey).await), Some(Outcome::Paid));
    assert!(scene.engine.providers_away().iter().all(|(_, span)| span.is_zero()));
}

#[tokio::test]
async fn what_expires_is_closed_at_the_provider_so_that_nobody_pays_late() {
    let scene = Scene::new().await;
    let (journey, _, state) = scene.left().await;
    scene.after(LIFE).await;
    assert_eq!((scene.till.asked("close"), outcome(&scene.now(&journey).await)), (1, Some(Outcome::Expired)));
    assert_eq!(scene.till.payments.lock().unwrap().values().next(), Some(&PaymentStatus::Closed));
    assert_eq!(location(scene.back(&state).await), "https://shop.example/cb?own=1&outcome=expired");
    // Should it have been paid all the same, that counts.
    let reference = scene.till.references().remove(0);
    scene.till.set(&reference, PaymentStatus::Paid);
    scene.till.is_mute.store(true, Ordering::SeqCst);
    assert_eq!(scene.notify("genuine", &reference).await, NotifyResult::Accepted(""));
    scene.after(SECOND).await;
    // However the first question goes: it is asked until the provider has said so.
    scene.till.is_mute.store(false, Ordering::SeqCst);
    scene.after(40 * SECOND).await;
    assert_eq!(outcome(&scene.now(&journey).await), Some(Outcome::Paid));
}

#[tokio::test]
async fn a_late_payment_of_a_merchant_that_is_gone_is_not_looked_at_for_ever() {
    let mut scene = Scene::new().await;
    scene.merchant.settings.late_payments = LatePayments::Refund;
    scene.merchant.revision += 1;
    let store = &scene.engine.deps.store;
    assert_eq!(store.replace(&scene.merchant, None).await.unwrap(), Replaced::Done);
    let (journey, _, _) = scene.left().await;
    scene.after(LIFE).await;
    scene.engine.deps.store.remove(&scene.merchant).await.unwrap();
    let reference = scene.till.references().remove(0);
    scene.till.set(&reference, PaymentStatus::Paid);
    scene.notify("genuine", &reference).await;
    scene.after(2 * SECOND).await;
    scene.after(2 * SECOND).await;
    let paid = scene.engine.deps.store.find(journey.pay_id()).await.unwrap().unwrap();
    assert_eq!((outcome(&paid), paid.due_at()), (Some(Outcome::Paid), None));
}

#[tokio::test]
async fn a_browser_that_returns_is_answered_by_what_the_provider_says() {
    let scene = Scene::new().await;
    let (journey, _, state) = scene.left().await;
    scene.till.set(&scene.till.references()[0], PaymentStatus::Paid);
    let home = location(scene.back(&state).await);
    assert_eq!(home, "https://shop.example/cb?own=1&outcome=paid");
    assert_eq!(location(scene.back(&state).await), home);
    let paid = scene.now(&journey).await;
    assert!(paid.came_back_at().is_some() && paid.payment(0).unwrap().standing == PaymentStanding::Proven);
    assert_eq!((scene.till.asked("get"), paid.final_outcomes().len()), (1, 1));
}

#[tokio::test]
async fn a_browser_whose_payment_is_unclear_waits_and_goes_on_when_it_is_told() {
    let scene = Scene::new().await;
    let (journey, _, state) = scene.left().await;
    let Returned::Wait(waited) = scene.back(&state).await.unwrap() else { panic!() };
    assert!(matches!(scene.look(&waited).await, Returned::Wait(_)));
    let reference = scene.till.references().remove(0);
    scene.till.set(&reference, PaymentStatus::Paid);
    assert_eq!(scene.notify("genuine", &reference).await, NotifyResult::Accepted(""));
    scene.until(&journey, |journey| outcome(journey) == Some(Outcome::Paid)).await;
    let home = location(Ok(scene.look(&waited).await));
    assert_eq!(home, "https://shop.example/cb?own=1&outcome=paid");
    assert_eq!(location(scene.back(&state).await), home);
}

#[tokio::test]
async fn a_browser_that_returns_again_after_it_went_home_has_its_provider_asked() {
    let scene = Scene::new().await;
    let (journey, _, state) = scene.left().await;
    scene.till.is_mute.store(true, Ordering::SeqCst);
    let Returned::Wait(waited) = scene.back(&state).await.unwrap() else { panic!() };
    scene.ground.clock.advance(11 * SECOND);
    assert_eq!(location(Ok(scene.look(&waited).await)), "https://shop.example/cb?own=1");
    scene.till.is_mute.store(false, Ordering::SeqCst);
    scene.till.set(&scene.till.references()[0], PaymentStatus::Paid);
    scene.back(&state).await.unwrap();
    scene.until(&journey, |journey| outcome(journey) == Some(Outcome::Paid)).await;
}

#[tokio::test]
async fn a_browser_that_has_waited_ten_seconds_goes_home_without_a_status() {
    let scene = Scene::new().await;
    let (journey, _, state) = scene.left().await;
    scene.till.is_mute.store(true, Ordering::SeqCst);
    let Returned::Wait(waited) = scene.back(&state).await.unwrap() else { panic!() };
    scene.ground.clock.advance(9 * SECOND);
    assert!(matches!(scene.look(&waited).await, Returned::Wait(_)));
    scene.ground.clock.advance(2 * SECOND);
    // A stranger who knows the state goes nowhere, under whatever answer.
    let stranger = use_cases::return_::wait_on(&scene.engine, looking(&waited)).await.unwrap();
    assert!(matches!(stranger, Returned::Wait(_)));
    let other = Waiting { response_digest: 1, ..looking(&waited) };
    let other = use_cases::return_::wait_on(&scene.engine, other).await.unwrap();
    assert!(matches!(other, Returned::Rejected(RejectedReturn::Forged)), "{other:?}");
    let home = location(Ok(scene.look(&waited).await));
    assert_eq!(home, "https://shop.example/cb?own=1");
    assert_eq!(location(scene.back(&state).await), home, "a replay goes the same way");
    assert_eq!(scene.now(&journey).await.stage(), Stage::HandedBack);
    // The outcome follows, and changes nothing of where that browser went.
    scene.till.is_mute.store(false, Ordering::SeqCst);
    scene.till.set(&scene.till.references()[0], PaymentStatus::Paid);
    scene.after(Duration::from_hours(1)).await;
    let paid = scene.now(&journey).await;
    assert_eq!((outcome(&paid), paid.proven_payment().map(|(visit, _)| visit)), (Some(Outcome::Paid), Some(0)));
}

#[tokio::test]
async fn a_customer_who_may_still_pay_is_led_back_to_the_page_of_the_link() {
    for (status, expected) in [
        (PaymentStatus::Open, "https://pay.example/payment?"),
        (PaymentStatus::Pending, "https://shop.example/cb?own=1"),
    ] {
        let scene = Scene::new().await;
        let (journey, _, state) = scene.left().await;
        scene.till.set(&scene.till.references()[0], status);
        let Returned::Wait(waited) = scene.back(&state).await.unwrap() else { panic!() };
        scene.ground.clock.advance(11 * SECOND);
        let onward = location(Ok(scene.look(&waited).await));
        assert!(onward.starts_with(expected), "{onward}");
        scene.till.set(&scene.till.references()[0], PaymentStatus::Paid);
        scene.after(40 * SECOND).await;
        assert_eq!(outcome(&scene.now(&journey).await), Some(Outcome::Paid));
    }
}

#[tokio::test]
async fn a_return_after_the_last_one_was_waited_for_is_waited_for_again() {
    let scene = Scene::new().await;
    let (journey, _, state) = scene.left().await;
    assert!(matches!(scene.back(&state).await.unwrap(), Returned::Wait(_)));
    scene.after(6 * SECOND).await;
    let first = scene.now(&journey).await;
    scene.ground.clock.advance(Duration::from_mins(20));
    let Returned::Wait(waited) = scene.back(&state).await.unwrap() else { panic!() };
    let second = scene.now(&journey).await;
    assert!(second.came_back_at() > first.came_back_at());
    assert!(matches!(scene.look(&waited).await, Returned::Wait(_)), "it has just come");
    let due = second.due_at().unwrap().since(scene.engine.deps.clock.now());
    assert!(due < 6 * SECOND, "asked about soon: {due:?}");
}

#[tokio::test]
async fn what_was_refused_and_is_paid_after_all_counts_and_the_next_try_is_closed() {
    let scene = Scene::new().await;
    let (journey, _, _) = scene.left().await;
    let first = scene.till.references().remove(0);
    scene.till.set(&first, refusal());
    scene.after(6 * SECOND).await;
    let SendResult::Sent(_) = scene.press(&journey).await else { panic!() };
    let second = scene.till.references().remove(1);
    scene.till.set(&first, PaymentStatus::Paid);
    scene.notify("genuine", &first).await;
    scene.after(SECOND).await;
    let paid = scene.until(&journey, |journey| outcome(journey) == Some(Outcome::Paid)).await;
    assert_eq!(paid.proven_payment().map(|(visit, _)| visit), Some(0));
    scene.after(SECOND).await;
    assert_eq!(scene.till.payments.lock().unwrap()[&second], PaymentStatus::Closed, "nobody pays twice");
    // Should somebody have done so all the same, it is said aloud.
    scene.till.set(&second, PaymentStatus::Paid);
    scene.notify("genuine", &second).await;
    scene.after(SECOND).await;
    assert_eq!(scene.engine.mismatches(), 1);
    let now = scene.now(&journey).await;
    assert_eq!((now.final_outcomes().len(), now.proven_payment().map(|(visit, _)| visit)), (1, Some(0)));
}

#[tokio::test]
async fn a_browser_that_comes_for_the_first_time_goes_where_the_payment_leads_then() {
    let scene = Scene::new().await;
    let (journey, _, state) = scene.left().await;
    scene.after(LIFE).await;
    assert_eq!(outcome(&scene.now(&journey).await), Some(Outcome::Expired));
    let reference = scene.till.references().remove(0);
    scene.till.set(&reference, PaymentStatus::Paid);
    scene.notify("genuine", &reference).await;
    scene.after(SECOND).await;
    assert_eq!(location(scene.back(&state).await), "https://shop.example/cb?own=1&outcome=paid");
}

#[tokio::test]
async fn a_withdrawal_while_a_refused_payment_is_asked_about_again_ends_the_journey() {
    let scene = Scene::new().await;
    let (journey, _, _) = scene.left().await;
    let reference = scene.till.references().remove(0);
    scene.till.set(&reference, refusal());
    scene.after(6 * SECOND).await;
    assert_eq!(outcome(&scene.now(&journey).await), None, "its customer may try again");
    scene.notify("genuine", &reference).await;
    let withdrawn = use_cases::cancel::withdraw(&scene.engine, scene.merchant.id, journey.pay_id()).await;
    assert_eq!(outcome(&withdrawn.unwrap().unwrap()), Some(Outcome::Cancelled));
}

#[tokio::test]
async fn a_provider_that_this_gateway_has_no_longer_is_unknown_and_no_trouble() {
    let scene = Scene::new().await;
    let (journey, _, state) = scene.left().await;
    let engine = Arc::new(Engine::new(Deps {
        dialects: vec![Arc::new(Terse)],
        ..deps(Arc::clone(&scene.ground.store), Arc::clone(&scene.ground.clock) as Arc<dyn Clock>)
    }));
    let elsewhere = Scene { engine, ..scene };
    assert!(matches!(elsewhere.back(&state).await.unwrap(), Returned::Wait(_)));
    elsewhere.after(LIFE).await;
    let link = derive::link(&elsewhere.engine.deps, &journey).unwrap();
    let visitor = leaver(&elsewhere.engine, &elsewhere.now(&journey).await);
    use_cases::cancel::cancel(&elsewhere.engine, &link, &visitor).await.unwrap();
    assert_eq!(outcome(&elsewhere.now(&journey).await), None);
}

#[tokio::test]
async fn a_press_on_cancel_closes_the_payment_first() {
    for (status, mute, expected) in [
        (PaymentStatus::Open, false, Some(Outcome::Cancelled)),
        (PaymentStatus::Paid, false, Some(Outcome::Paid)),
        (refusal(), false, Some(Outcome::Cancelled)),
        (PaymentStatus::Open, true, None),
    ] {
        let scene = Scene::new().await;
        let (journey, _, state) = scene.left().await;
        scene.till.set(&scene.till.references()[0], status);
        scene.till.is_mute.store(mute, Ordering::SeqCst);
        let link = derive::link(&scene.engine.deps, &journey).unwrap();
        let visitor = leaver(&scene.engine, &scene.now(&journey).await);
        let cancelled = use_cases::cancel::cancel(&scene.engine, &link, &visitor).await.unwrap().unwrap();
        assert_eq!((outcome(&cancelled), scene.till.asked("close")), (expected, 1));
        if expected.is_none() {
            // It was written down before, so that the schedule brings it about.
            scene.till.is_mute.store(false, Ordering::SeqCst);
            scene.after(40 * SECOND).await;
            assert_eq!(outcome(&scene.now(&journey).await), Some(Outcome::Cancelled));
        }
        if let Some(expected) = expected {
            let home = format!("https://shop.example/cb?own=1&outcome={}", expected.as_str());
            assert_eq!(location(scene.back(&state).await), home);
        }
    }
}

#[tokio::test]
async fn what_is_being_closed_is_not_begun_anew_elsewhere() {
    let scene = Scene::new().await;
    let (journey, _, _) = scene.left().await;
    scene.till.is_mute.store(true, Ordering::SeqCst);
    use_cases::cancel::withdraw(&scene.engine, scene.merchant.id, journey.pay_id()).await.unwrap();
    let closing = scene.now(&journey).await;
    let other = Choice { institution: None, provider: "another".into(), scope: Vec::new(), text: None };
    let (after, visit) = visit::begin(&scene.engine.deps, closing, Some(other)).await.unwrap();
    assert!(matches!(visit, visit::Visit::UnderWay(0)) && after.visits().len() == 1);
    scene.till.is_mute.store(false, Ordering::SeqCst);
    scene.after(40 * SECOND).await;
    assert_eq!(outcome(&scene.now(&journey).await), Some(Outcome::Cancelled));
}

#[tokio::test]
async fn a_merchant_withdraws_what_its_provider_closes_and_nothing_else() {
    for (mute, expected) in [(false, Some(Outcome::Cancelled)), (true, None)] {
        let scene = Scene::new().await;
        let (journey, _, _) = scene.left().await;
        scene.till.is_mute.store(mute, Ordering::SeqCst);
        let withdrawn = use_cases::cancel::withdraw(&scene.engine, scene.merchant.id, journey.pay_id()).await;
        assert_eq!(outcome(&withdrawn.unwrap().unwrap()), expected);
    }
}

#[tokio::test]
async fn another_amount_than_was_asked_for_ends_nothing_and_is_noted() {
    let scene = Scene::new().await;
    let (journey, _, state) = scene.left().await;
    scene.till.surplus.store(1, Ordering::SeqCst);
    scene.till.set(&scene.till.references()[0], PaymentStatus::Paid);
    assert!(matches!(scene.back(&state).await.unwrap(), Returned::Wait(_)));
    scene.after(6 * SECOND).await;
    scene.after(LIFE).await;
    let now = scene.now(&journey).await;
    assert_eq!((outcome(&now), scene.engine.mismatches()), (None, 1), "counted once");
    let PaymentStanding::Mismatch { reported, .. } = &now.payment(0).unwrap().standing else { panic!() };
    assert_eq!(reported, "10.01 EUR");
    // It is put right at the provider.
    scene.till.surplus.store(0, Ordering::SeqCst);
    scene.after(Duration::from_hours(2)).await;
    assert_eq!(outcome(&scene.now(&journey).await), Some(Outcome::Paid));
}

#[tokio::test]
async fn what_is_set_aside_is_no_payment_and_the_other_way_round() {
    let scene = Scene::new().await;
    let amount = Amount::parse("10", Currency::EUR).unwrap();
    for (wanted, status, expected) in [
        (Wanted::Payment(amount), PaymentStatus::Authorised, None),
        (Wanted::Reservation(amount), PaymentStatus::Authorised, Some(Outcome::Authorised)),
        (Wanted::Reservation(amount), PaymentStatus::Paid, None),
    ] {
        let journey = scene.opened_for(wanted).await;
        let SendResult::Sent(_) = scene.press(&journey).await else { panic!() };
        let reference = PaymentReference { journey: journey.pay_id(), visit: 0 };
        scene.till.set(&reference.to_string(), status.clone());
        scene.after(6 * SECOND).await;
        assert_eq!(outcome(&scene.now(&journey).await), expected, "{wanted:?} {status:?}");
    }
    assert_eq!(scene.engine.mismatches(), 1);
}

#[tokio::test]
async fn a_notification_decides_nothing_and_costs_little() {
    let scene = Scene::new().await;
    let (journey, _, _) = scene.left().await;
    let reference = scene.till.references().remove(0);
    assert_eq!(scene.notify("forged", &reference).await, NotifyResult::Refused(NotificationError::Unsigned));
    for unknown in ["", "x", "1-1", &format!("{}-2", journey.pay_id()), &format!("{}-01", journey.pay_id())] {
        assert_eq!(scene.notify("genuine", unknown).await, NotifyResult::Accepted(""), "{unknown}");
    }
    assert_eq!(scene.till.asked("get"), 0);
    for _ in 0..500 {
        assert_eq!(scene.notify("genuine", &reference).await, NotifyResult::Accepted(""));
    }
    while scene.till.asked("get") == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(scene.till.asked("get") <= 2, "{}", scene.till.asked("get"));
    assert_eq!(outcome(&scene.now(&journey).await), None, "it is open, whatever it was told");
    scene.till.set(&reference, PaymentStatus::Paid);
    scene.notify("genuine", &reference).await;
    scene.until(&journey, |journey| outcome(journey) == Some(Outcome::Paid)).await;
    let asked = scene.till.asked("get");
    for _ in 0..100 {
        scene.notify("genuine", &reference).await;
    }
    scene.after(Duration::ZERO).await;
    assert_eq!(scene.till.asked("get"), asked, "what was paid is not asked about");
}

#[tokio::test]
async fn many_that_are_due_are_asked_about_at_their_providers_pace() {
    let scene = Scene::at(Till { per_second: Some(20), ..Till::default() }).await;
    scene.ground.clock.stop();
    let mut journeys = Vec::new();
    for _ in 0..60 {
        journeys.push(scene.left().await.0);
    }
    // An hour's questions that nobody has asked, as after a stop.
    scene.after(Duration::from_hours(1)).await;
    let asked = scene.till.asked("get");
    assert!((1..=21).contains(&asked), "{asked} at once");
    let mut turns: Vec<_> = Vec::new();
    for journey in &journeys {
        turns.extend(scene.now(journey).await.payment(0).filter(|payment| payment.has_turn).map(|p| p.ask_at));
    }
    turns.sort();
    assert!(turns.len() >= 39 && turns.windows(2).all(|pair| pair[1].since(pair[0]).as_millis() == 50), "{turns:?}");
    for _ in 0..3 {
        scene.after(SECOND).await;
    }
    // Those of the first second wait for their turns by the machine's clock.
    while scene.till.asked("get") < 60 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn a_reference_names_a_visit_and_nothing_else_does() {
    for (visit, text) in [(0, "1"), (49, "50"), (254, "255")] {
        let reference = PaymentReference { journey: PayId::new(7).unwrap(), visit };
        assert!(reference.to_string().ends_with(&format!("-{text}")), "{reference}");
        assert_eq!(PaymentReference::parse(&reference.to_string()), Some(reference));
    }
    for other in ["", "-", "7", "7-", "7-0", "7-256", "7-1 ", "7-+1", "x-1"] {
        assert_eq!(PaymentReference::parse(other), None, "{other}");
    }
}
