//! Proofs that outlive their node: two engines over one store, and a provider that does as it is told.

pub(crate) mod fixtures;
mod operations;
mod orders;
mod payments;
mod reported;
mod requests;
mod secrets;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::{collections::VecDeque, time::Duration};

use async_trait::async_trait;
use tokio::time::Instant;

use fixtures::{deps, open_request};

use super::{
    AuthorizationResponse, Brought, BroughtCode, Carried, Deps, EndedJob, Engine, EngineError, RejectedReturn,
    Returned, Timing, Visitor, Waited, Waiting,
};
use crate::clock::{Clock, TestClock};
use crate::domain::consent::{self, Kind, Status};
use crate::domain::message::{Content, Header, Message, Method};
use crate::domain::{
    AnswerTo, BankTokens, CallbackDialect, CallbackUrl, Consent, DeviceUrls, Dialect, Environment, Evidence, Fact,
    FeatureRequest, Finish, FinishedAs, HandBack, Institution, Invalid, Item, JobRequest, Journey, Merchant,
    MerchantName, Mode, NotifyOn, OneOffUrls, OneTime, OpenRequest, Params, Placement, ProviderRefusal, Purpose,
    Redirect, RequestedCallbacks, ResponseId, Rules, SavedCallback, Secret, Shard, Slots, Target, UserId,
    WebhookDialect, WebhookEndpoint, WebhookOptions,
};
use crate::domain::{journey::Proof, merchant::Used};
use crate::engine::{derive, find, sweep, use_cases, visitor};
use crate::provider::{Checked, Performed, Provider, ProviderError, Requested, UnverifiedResponse, VisitContext};
use crate::store::{Store, embedded::Embedded};

/// A browser without any of our cookies.
static STRANGER: std::sync::LazyLock<Visitor> = std::sync::LazyLock::new(Visitor::default);

/// What the provider does with the next exchange; without a word it agrees.
enum Told {
    Unreachable,
    Unanswered,
    Hang,
}

/// A provider that may be asked once for a code, and counts how often it is.
#[derive(Default)]
struct Bluntbank {
    told: Mutex<VecDeque<Told>>,
    asked: AtomicUsize,
    check_takes: Duration,
    keys_away: Mutex<usize>,
    forged: Mutex<bool>,
    applied: Mutex<VecDeque<Result<Performed, ProviderError>>>,
    may_be_asked_again: bool,
    refuses_requests: Option<ProviderRefusal>,
    takes_no_payments: bool,
}

#[async_trait]
impl Provider for Bluntbank {
    fn name(&self) -> &'static str {
        "blunt"
    }

    fn label(&self) -> &'static str {
        "Blunt bank"
    }

    fn mode(&self) -> Mode {
        Mode::Test
    }

    fn takes_payments(&self) -> bool {
        !self.takes_no_payments
    }

    fn asks_once(&self) -> bool {
        !self.may_be_asked_again
    }

    async fn perform(&self, _: &Journey, _: Option<&Journey>) -> Result<Performed, ProviderError> {
        let told = self.applied.lock().unwrap().pop_front();
        told.unwrap_or_else(|| Ok(Performed::Now(Fact::paid())))
    }

    async fn request(&self, context: &VisitContext<'_>) -> Result<Requested, ProviderError> {
        if let Some(error) = &self.refuses_requests {
            return Ok(Requested::Refused(error.clone()));
        }
        Ok(Requested::Accepted(Redirect::to_provider(format!("https://blunt.example/?state={}", context.state))))
    }

    fn read_return(&self, answer: &AuthorizationResponse) -> Result<UnverifiedResponse, Invalid> {
        Ok(answer.unverified())
    }

    async fn check(&self, _: &VisitContext<'_>, _: &Evidence) -> Result<Checked, ProviderError> {
        let left = self.keys_away.lock().unwrap().checked_sub(1);
        if let Some(left) = left {
            *self.keys_away.lock().unwrap() = left;
            return Err(ProviderError::Unreachable("keys: as told".into()));
        }
        tokio::time::sleep(self.check_takes).await;
        if std::mem::take(&mut *self.forged.lock().unwrap()) {
            return Err(ProviderError::Forged("as told".into()));
        }
        Ok(Checked::Genuine)
    }

    async fn exchange(&self, _: &VisitContext<'_>, _: &Evidence) -> Result<Fact, ProviderError> {
        let told = self.told.lock().unwrap().pop_front();
        match told {
            Some(Told::Unreachable) => return Err(ProviderError::Unreachable("as told".into())),
            Some(Told::Unanswered) => {
                self.asked.fetch_add(1, Ordering::SeqCst);
                return Err(ProviderError::Unanswered("as told".into()));
            }
            Some(Told::Hang) => {
                self.asked.fetch_add(1, Ordering::SeqCst);
                std::future::pending::<()>().await;
            }
            None => {
                self.asked.fetch_add(1, Ordering::SeqCst);
            }
        }
        Ok(Fact::authorised(BankTokens { json: Secret::new(r#"{"access_token":"a"}"#), consent: None }))
    }
}

/// A dialect that says as little as it can.
struct Terse;

impl Dialect for Terse {
    fn name(&self) -> &'static str {
        "terse"
    }
}

impl WebhookDialect for Terse {}

impl CallbackDialect for Terse {
    fn appended(&self) -> &'static [&'static str] {
        &["outcome", "consent", "token"]
    }

    fn hands_back_early(&self, journey: &Journey) -> bool {
        journey.opening().settings.one_time_token == OneTime::On
    }

    fn callback_params(&self, _: &Journey, hand_back: &HandBack<'_>) -> Params {
        let mut params = Params::default();
        if let Some(final_outcome) = hand_back.final_outcome {
            params = params.append("outcome", final_outcome.outcome.as_str());
        }
        match (hand_back.token, hand_back.consent_token) {
            (Some(token), _) => params.append("token", token.reveal()),
            (None, Some(token)) => params.append("consent", token),
            (None, None) => params,
        }
    }
}

/// A store, and whatever stands over it.
struct Ground {
    _folder: tempfile::TempDir,
    store: Arc<dyn Store>,
    clock: Arc<TestClock>,
}

impl Ground {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock::default());
        let store = Embedded::open(folder.path(), Arc::clone(&clock) as Arc<dyn Clock>, Duration::from_hours(24));
        Self { _folder: folder, store: Arc::new(store.unwrap()), clock }
    }

    fn node(&self, provider: Bluntbank) -> (Arc<Engine>, Arc<Bluntbank>) {
        let provider = Arc::new(provider);
        (self.node_of(Arc::clone(&provider) as Arc<dyn Provider>), provider)
    }

    fn node_of(&self, provider: Arc<dyn Provider>) -> Arc<Engine> {
        let institution = Institution {
            id: "blunt".into(),
            name: "Blunt".into(),
            full_name: "Blunt bank".into(),
            countries: Vec::new(),
            media: Vec::new(),
            features: Vec::new(),
            environment: Environment::Mock,
            consent_life: consent::LIFE,
            provider: "blunt".into(),
        };
        Arc::new(Engine::new(Deps {
            providers: vec![provider].into(),
            institutions: vec![institution],
            dialects: vec![Arc::new(Terse)],
            ..deps(Arc::clone(&self.store), Arc::clone(&self.clock) as Arc<dyn Clock>)
        }))
    }
}

async fn merchant(engine: &Engine) -> Merchant {
    let mut merchant =
        use_cases::merchants::add(engine, MerchantName::parse("Shop").unwrap(), Mode::Test).await.unwrap().merchant;
    let url = CallbackUrl::parse("https://shop.example/cb", &Rules::default()).unwrap();
    merchant
        .callbacks
        .add(SavedCallback {
            url,
            name: None,
            params_in: Placement::Query,
            device_urls: DeviceUrls::default(),
            used: Used::ByDefault,
            watched: false,
        })
        .unwrap();
    merchant
}

/// Opens a consent; answers it with the state of its first visit.
async fn opened(engine: &Engine, merchant: &Merchant, one_time_token: OneTime) -> (Journey, String) {
    let consent = Consent {
        kind: Kind::Accounts,
        user: UserId::mint([1; 16], Shard::of_byte(1)),
        application_user: None,
        institution: Some("blunt".into()),
        country: None,
        features: FeatureRequest::All(vec!["ACCOUNTS".into()]),
        longest: consent::LIFE,
        until: None,
        answer_to: AnswerTo::Gateway,
    };
    let covered = RequestedCallbacks::Covered("https://shop.example/cb?own=1".into());
    let open_request = OpenRequest {
        webhook_options: WebhookOptions::default(),
        one_time_token: Some(one_time_token),
        ..open_request(Purpose::Consent(consent), covered)
    };
    let journey = use_cases::open::open(engine, merchant, "terse", &open_request, None).await.unwrap();
    let state = derive::state(&engine.deps, &journey, journey.last_visit().unwrap()).unwrap();
    (journey, state)
}

async fn back(engine: &Arc<Engine>, state: &str, code: &str) -> Result<Returned, EngineError> {
    let pairs = [("state", state), ("code", code)].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let answer = AuthorizationResponse::read(Carried::Query, pairs).unwrap();
    use_cases::return_::take_return(
        engine,
        Brought { provider: "blunt", answer, visitor: &STRANGER, at: Instant::now(), timing: &Timing::default() },
    )
    .await
}

fn looking(waited: &Waited) -> Waiting<'_> {
    static TIMING: std::sync::LazyLock<Timing> = std::sync::LazyLock::new(Timing::default);
    let Waited { state, response_id, .. } = waited;
    Waiting {
        provider: "blunt",
        state,
        response_digest: response_id.response_digest,
        visitor: &STRANGER,
        at: Instant::now(),
        timing: &TIMING,
    }
}

fn location(returned: Result<Returned, EngineError>) -> String {
    match returned.unwrap() {
        Returned::Go(redirect, _) => redirect.as_str().to_owned(),
        other => panic!("{other:?}"),
    }
}

async fn status(engine: &Engine, journey: &Journey) -> Status {
    let journey = find::consent(&engine.deps, journey.opening().merchant, *journey.id()).await.unwrap().unwrap();
    journey.consent_status(engine.deps.clock.now()).unwrap()
}

async fn until_concluded(engine: &Engine, journey: &Journey) -> Status {
    for _ in 0..200 {
        match status(engine, journey).await {
            Status::Awaited => tokio::time::sleep(Duration::from_millis(20)).await,
            concluded => return concluded,
        }
    }
    panic!("it never concluded");
}

/// A provider that may be asked again, and does not answer the first time: its evidence is held.
fn slow_bank() -> Bluntbank {
    Bluntbank { told: Mutex::new([Told::Hang].into()), may_be_asked_again: true, ..Bluntbank::default() }
}

/// The browser that left on this journey.
fn leaver(engine: &Engine, journey: &Journey) -> Visitor {
    let cookie = visitor::visit_cookie(&engine.deps, journey, 0).unwrap();
    Visitor::new([(cookie.name, cookie.value)])
}

#[tokio::test]
async fn the_callback_the_exchange_and_the_consent_have_the_same_token() {
    let ground = Ground::new();
    let (engine, _) = ground.node(Bluntbank::default());
    let merchant = merchant(&engine).await;
    let (journey, state) = opened(&engine, &merchant, OneTime::Off).await;
    let first = location(back(&engine, &state, "c").await);
    let consent = find::consent(&engine.deps, merchant.id, *journey.id()).await.unwrap().unwrap();
    let token = derive::consent_token(&engine.deps, &consent).unwrap();
    assert_eq!(first, format!("https://shop.example/cb?own=1&outcome=authorised&consent={}", token.reveal()));
    assert_eq!(location(back(&engine, &state, "c").await), first);
    assert_eq!(derive::provider_tokens(&engine.deps, &consent).unwrap().reveal(), r#"{"access_token":"a"}"#);
    let found = use_cases::consent::of_token(&engine, token.reveal()).await.unwrap().unwrap();
    assert_eq!(found.id(), journey.id());
}

#[tokio::test]
async fn parallel_returns_on_two_nodes_ask_the_bank_once_and_end_alike() {
    let ground = Ground::new();
    let ((a, bank_a), (b, bank_b)) = (ground.node(Bluntbank::default()), ground.node(Bluntbank::default()));
    let merchant = merchant(&a).await;
    let (_, state) = opened(&a, &merchant, OneTime::Off).await;
    let (one, two, three) = tokio::join!(back(&a, &state, "c"), back(&b, &state, "c"), back(&b, &state, "c"));
    let (one, two, three) = (location(one), location(two), location(three));
    assert!(one.contains("outcome=authorised"), "{one}");
    assert_eq!((&one, &one), (&two, &three));
    assert_eq!(bank_a.asked.load(Ordering::SeqCst) + bank_b.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_was_not_sent_is_taken_over_by_another_node() {
    let ground = Ground::new();
    let (a, _) = ground.node(slow_bank());
    let (b, provider) = ground.node(Bluntbank::default());
    let merchant = merchant(&a).await;
    let (journey, state) = opened(&a, &merchant, OneTime::Off).await;
    let Returned::Wait(waited) = back(&a, &state, "c").await.unwrap() else { panic!() };
    sweep::sweep(&b).await.unwrap();
    assert_eq!(provider.asked.load(Ordering::SeqCst), 0, "it is still left to the first node");
    ground.clock.advance(Journey::HELD);
    sweep::sweep(&b).await.unwrap();
    assert_eq!(until_concluded(&b, &journey).await, Status::Authorised);
    let home = location(use_cases::return_::wait_on(&b, looking(&waited)).await);
    assert_eq!(location(back(&a, &state, "c").await), home);
    assert_eq!(provider.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_was_sent_is_never_sent_again_and_ends_as_lost() {
    let ground = Ground::new();
    let (a, bank_a) = ground.node(Bluntbank { told: Mutex::new([Told::Hang].into()), ..Bluntbank::default() });
    let (b, bank_b) = ground.node(Bluntbank::default());
    let merchant = merchant(&a).await;
    let (journey, state) = opened(&a, &merchant, OneTime::On).await;
    // The callback promises nothing but its token, so the customer goes home.
    let early = location(back(&a, &state, "c").await);
    assert!(early.starts_with("https://shop.example/cb?own=1&token=ott_"), "{early}");
    for _ in 0..3 {
        ground.clock.advance(Journey::LOST / 4);
        sweep::sweep(&b).await.unwrap();
        assert_eq!(status(&b, &journey).await, Status::Awaited);
        assert_eq!(location(back(&b, &state, "c").await), early);
    }
    ground.clock.advance(Journey::LOST / 4);
    sweep::sweep(&b).await.unwrap();
    assert_eq!(status(&b, &journey).await, Status::Failed);
    assert_eq!(location(back(&b, &state, "c").await), early);
    assert_eq!((bank_a.asked.load(Ordering::SeqCst), bank_b.asked.load(Ordering::SeqCst)), (1, 0));
}

#[tokio::test]
async fn a_bank_that_says_neither_yes_nor_no_has_failed() {
    let ground = Ground::new();
    let (engine, provider) =
        ground.node(Bluntbank { told: Mutex::new([Told::Unanswered].into()), ..Bluntbank::default() });
    let merchant = merchant(&engine).await;
    let (journey, state) = opened(&engine, &merchant, OneTime::Off).await;
    assert!(location(back(&engine, &state, "c").await).ends_with("outcome=failed"));
    assert_eq!(status(&engine, &journey).await, Status::Failed);
    back(&engine, &state, "c").await.unwrap();
    assert_eq!(provider.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_bank_that_cannot_be_reached_is_tried_again() {
    let ground = Ground::new();
    let told = Mutex::new([Told::Unreachable, Told::Unreachable].into());
    let (engine, provider) = ground.node(Bluntbank { told, ..Bluntbank::default() });
    let merchant = merchant(&engine).await;
    let (journey, state) = opened(&engine, &merchant, OneTime::Off).await;
    assert!(matches!(back(&engine, &state, "c").await.unwrap(), Returned::Wait(_)));
    assert_eq!(until_concluded(&engine, &journey).await, Status::Authorised);
    assert_eq!(provider.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_forged_answer_changes_nothing() {
    let ground = Ground::new();
    let (engine, provider) = ground.node(Bluntbank { forged: Mutex::new(true), ..Bluntbank::default() });
    let merchant = merchant(&engine).await;
    let (journey, state) = opened(&engine, &merchant, OneTime::Off).await;
    let forged = back(&engine, &state, "c").await.unwrap();
    assert!(matches!(forged, Returned::Rejected(RejectedReturn::Forged)), "{forged:?}");
    let untouched = find::consent(&engine.deps, merchant.id, *journey.id()).await.unwrap().unwrap();
    assert_eq!(untouched.revision(), journey.revision());
    assert!(location(back(&engine, &state, "c").await).contains("outcome=authorised"));
    assert_eq!(provider.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_answer_that_is_not_checked_in_time_leaves_no_trace_however_often_it_comes() {
    for one_time_token in [OneTime::Off, OneTime::On] {
        let ground = Ground::new();
        let (engine, provider) =
            ground.node(Bluntbank { check_takes: Duration::from_millis(600), ..Bluntbank::default() });
        let merchant = merchant(&engine).await;
        let (journey, state) = opened(&engine, &merchant, one_time_token).await;
        for _ in 0..2 {
            *provider.forged.lock().unwrap() = true;
            let early = back(&engine, &state, "forged").await.unwrap();
            assert!(matches!(early, Returned::BringAgain(_)), "{early:?}");
            while *provider.forged.lock().unwrap() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let now = find::consent(&engine.deps, merchant.id, *journey.id()).await.unwrap().unwrap();
            assert_eq!(now.revision(), journey.revision());
        }
        // The genuine one is none the worse for it, and its browser brings it until it has been checked.
        let home = loop {
            match back(&engine, &state, "genuine").await.unwrap() {
                Returned::BringAgain(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                returned => break location(Ok(returned)),
            }
        };
        assert!(home.contains("outcome=authorised") || home.contains("token=ott_"), "{home}");
        assert_eq!(until_concluded(&engine, &journey).await, Status::Authorised);
        assert_eq!(provider.asked.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn keys_that_are_away_do_not_end_a_journey_whose_code_is_unspent() {
    let ground = Ground::new();
    // As often as one look tries.
    let (engine, provider) = ground.node(Bluntbank { keys_away: Mutex::new(4), ..Bluntbank::default() });
    let merchant = merchant(&engine).await;
    let (journey, state) = opened(&engine, &merchant, OneTime::On).await;
    while *provider.keys_away.lock().unwrap() > 0 {
        assert!(matches!(back(&engine, &state, "c").await.unwrap(), Returned::BringAgain(_)));
        let now = find::consent(&engine.deps, merchant.id, *journey.id()).await.unwrap().unwrap();
        assert_eq!(now.revision(), journey.revision(), "nothing is written of what nobody could check");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    while let Returned::BringAgain(_) = back(&engine, &state, "c").await.unwrap() {}
    assert_eq!(until_concluded(&engine, &journey).await, Status::Authorised);
    assert_eq!(provider.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_mark_that_nobody_brought_leads_nowhere() {
    let ground = Ground::new();
    let (engine, _) = ground.node(Bluntbank::default());
    let merchant = merchant(&engine).await;
    let (journey, state) = opened(&engine, &merchant, OneTime::Off).await;
    location(back(&engine, &state, "c").await);
    let response_id = ResponseId { visit: 0, response_digest: 7 };
    let made_up = Waited { journey, state, response_id };
    assert!(matches!(
        use_cases::return_::wait_on(&engine, looking(&made_up)).await.unwrap(),
        Returned::Rejected(RejectedReturn::Forged)
    ));
    let elsewhere = Waiting { provider: "other", ..looking(&made_up) };
    assert!(matches!(
        use_cases::return_::wait_on(&engine, elsewhere).await.unwrap(),
        Returned::Rejected(RejectedReturn::OtherProvider)
    ));
}

#[tokio::test]
async fn a_refusal_beside_a_code_that_is_being_proven_waits_for_it_in_the_browser_that_left() {
    let ground = Ground::new();
    let (engine, _) = ground.node(slow_bank());
    let merchant = merchant(&engine).await;
    let (journey, state) = opened(&engine, &merchant, OneTime::Off).await;
    assert!(matches!(back(&engine, &state, "c").await.unwrap(), Returned::Wait(_)));
    let pairs = [("state", state.as_str()), ("error", "access_denied")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    let own = leaver(&engine, &journey);
    for (visitor, waits) in [(&own, true), (&*STRANGER, false)] {
        let answer = AuthorizationResponse::read(Carried::Query, pairs.clone()).unwrap();
        let timing = Timing::default();
        let brought = Brought { provider: "blunt", answer, visitor, at: Instant::now(), timing: &timing };
        match use_cases::return_::take_return(&engine, brought).await.unwrap() {
            Returned::Wait(_) => assert!(waits, "whoever knows a state alone waits for nobody's answer"),
            Returned::Rejected(RejectedReturn::Answered) => assert!(!waits),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(status(&engine, &journey).await, Status::Awaited);
}

#[tokio::test]
async fn who_agrees_after_the_merchant_has_ended_it_has_agreed_to_nothing() {
    let ground = Ground::new();
    let (engine, _) = ground.node(Bluntbank::default());
    let merchant = merchant(&engine).await;
    let (journey, state) = opened(&engine, &merchant, OneTime::Off).await;
    let revoked = use_cases::consent::revoke(&engine, journey.clone()).await.unwrap();
    assert_eq!(revoked.consent_status(engine.deps.clock.now()), Some(Status::Revoked));
    let home = location(back(&engine, &state, "c").await);
    assert!(home.ends_with("outcome=cancelled"), "{home}");
    // That answer has counted: another one shows no more than that the state is known.
    let returned = back(&engine, &state, "d").await.unwrap();
    assert!(matches!(returned, Returned::Rejected(RejectedReturn::Answered)), "{returned:?}");
    assert_eq!(location(back(&engine, &state, "c").await), home);
    assert_eq!(status(&engine, &journey).await, Status::Revoked);
}

#[tokio::test]
async fn a_consent_that_is_given_anew_keeps_its_token() {
    let ground = Ground::new();
    let (engine, _) = ground.node(Bluntbank::default());
    let merchant = merchant(&engine).await;
    let (journey, state) = opened(&engine, &merchant, OneTime::Off).await;
    let first = location(back(&engine, &state, "c").await);
    let given = find::consent(&engine.deps, merchant.id, *journey.id()).await.unwrap().unwrap();
    let super::Changed::Done(again) = use_cases::consent::reopen(&engine, &merchant, given).await.unwrap() else {
        panic!()
    };
    let second_state = derive::state(&engine.deps, &again, again.last_visit().unwrap()).unwrap();
    assert_ne!(second_state, state);
    assert_eq!(status(&engine, &journey).await, Status::AwaitedAgain);
    assert_eq!(location(back(&engine, &second_state, "d").await), first, "the same token, to the same callback");
    assert_eq!(location(back(&engine, &state, "c").await), first);
    assert_eq!(status(&engine, &journey).await, Status::Authorised);
}

#[tokio::test]
async fn only_the_app_that_takes_the_banks_answer_may_bring_it() {
    let ground = Ground::new();
    let (engine, provider) = ground.node(Bluntbank::default());
    let merchant = merchant(&engine).await;
    let (_, state) = opened(&engine, &merchant, OneTime::Off).await;
    let request_timeout = Duration::from_secs(1);
    let brought =
        use_cases::exchange::bring_code(&engine, Some(merchant.id), &state, Evidence::of("c"), request_timeout)
            .await
            .unwrap();
    assert!(matches!(brought, BroughtCode::Unknown));
    assert_eq!(provider.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_frozen_hand_back_holds_its_offer() {
    let ground = Ground::new();
    let (engine, _) = ground.node(slow_bank());
    let merchant = merchant(&engine).await;
    let (journey, state) = opened(&engine, &merchant, OneTime::On).await;
    location(back(&engine, &state, "c").await);
    let frozen = find::consent(&engine.deps, merchant.id, *journey.id()).await.unwrap().unwrap();
    assert!(matches!(frozen.proofs().next(), Some((_, Proof::Held { .. }))));
}

/// Asks for a job to be done, of a minute.
async fn job(engine: &Engine, merchant: &Merchant) -> Journey {
    let to = Item::Url("https://shop.example/hook".into());
    let header = Header::parse("authorization", "hush").unwrap();
    let message = Message::new(Method::Post, vec![header], Content::Result).unwrap();
    let request = JobRequest { to, message, life: Some(Duration::from_mins(1)) };
    use_cases::job::open(engine, merchant, "terse", &request, None).await.unwrap()
}

#[tokio::test]
async fn a_job_has_no_page_and_no_token() {
    let ground = Ground::new();
    let (engine, _) = ground.node(Bluntbank::default());
    let merchant = merchant(&engine).await;
    let journey = job(&engine, &merchant).await;
    assert_eq!(journey.expires_at(), journey.opening().opened_at.plus(Duration::from_mins(1)));
    let link = derive::link(&engine.deps, &journey).unwrap();
    assert_eq!(find::look(&engine.deps, &link).await.unwrap(), None);
    assert_eq!(use_cases::cancel::cancel(&engine, &link, &Visitor::default()).await.unwrap(), None);
    assert_eq!(use_cases::cancel::withdraw(&engine, merchant.id, journey.pay_id()).await.unwrap(), None);
    let wished =
        super::SendRequest { sender: super::Sender::Link(&link), chosen: None, text: None, at: Instant::now() };
    assert!(use_cases::send_to_provider::send_to_provider(&engine, wished).await.unwrap().is_none());
    let finish = Finish::new(FinishedAs::Done, None).unwrap();
    let ended = use_cases::job::finish(&engine, merchant.id, *journey.id(), &finish).await.unwrap().unwrap();
    assert!(
        matches!(ended, EndedJob::Ended(journey) if derive::token_of(&engine.deps, &journey, 0).unwrap().is_none())
    );
    assert_eq!(find::look(&engine.deps, &link).await.unwrap(), None);
}

#[tokio::test]
async fn a_job_is_sealed_for_itself_and_what_it_came_to_too() {
    let ground = Ground::new();
    let (engine, _) = ground.node(Bluntbank::default());
    let merchant = merchant(&engine).await;
    let (first, second) = (job(&engine, &merchant).await, job(&engine, &merchant).await);
    let message = derive::message_of(&engine.deps, &first).unwrap();
    assert_eq!(message.header("authorization"), Some("hush"));
    let mut opening = first.opening().clone();
    opening.purpose = second.opening().purpose.clone();
    assert_eq!(
        derive::message_of(&engine.deps, &Journey::open(opening)),
        None,
        "another journey's letter does not open"
    );
    let finish = Finish::new(FinishedAs::Failed, Some(Secret::new("[1.50]"))).unwrap();
    let ended = use_cases::job::finish(&engine, merchant.id, *first.id(), &finish).await.unwrap().unwrap();
    assert!(
        matches!(&ended, EndedJob::Ended(journey) if derive::result_of(&engine.deps, journey).unwrap() == finish.result().cloned())
    );
    assert_eq!(use_cases::job::finish(&engine, merchant.id, *first.id(), &finish).await.unwrap(), Some(ended.clone()));
    let late = Finish::new(FinishedAs::Done, None).unwrap();
    let stands = use_cases::job::finish(&engine, merchant.id, *first.id(), &late).await.unwrap();
    let EndedJob::Ended(journey) = ended else { panic!("it has not ended") };
    assert_eq!(stands, Some(EndedJob::Stands(journey)), "not even what is done supersedes what was told");
}

#[tokio::test]
async fn a_job_tells_a_saved_endpoint_by_its_index() {
    let ground = Ground::new();
    let (engine, _) = ground.node(Bluntbank::default());
    let mut merchant = merchant(&engine).await;
    let url = CallbackUrl::parse("https://shop.example/saved", &Rules::default()).unwrap();
    let saved = WebhookEndpoint { notify_on: NotifyOn::SUCCESS, ..WebhookEndpoint::at(url) };
    merchant.endpoints = Slots::restored(vec![None, Some(saved.into())]);
    merchant.settings.one_off_urls = OneOffUrls::SavedOnly;
    let message = Message::new(Method::Get, vec![], Content::Result).unwrap();
    let open = async |to: Item| {
        let request = JobRequest { to, message: message.clone(), life: None };
        use_cases::job::open(&engine, &merchant, "terse", &request, None).await
    };
    for (to, field) in [(Item::Index(0), "callback_url"), (Item::Url("https://a.example/".into()), "callback_url")] {
        let Err(EngineError::Refused(refused)) = open(to).await else { panic!("it was opened") };
        assert_eq!(refused.field(), field);
    }
    for (end, told) in [(FinishedAs::Done, true), (FinishedAs::Failed, false)] {
        let journey = open(Item::Index(1)).await.unwrap();
        let url = journey.opening().plan.url_of(Target::WebhookEndpoint(0));
        assert_eq!(url.map(CallbackUrl::as_str), Some("https://shop.example/saved"));
        let finish = Finish::new(end, None).unwrap();
        let ended = use_cases::job::finish(&engine, merchant.id, *journey.id(), &finish).await.unwrap().unwrap();
        assert_eq!(
            use_cases::job::delivery(&engine, ended.journey()).await.unwrap().is_some(),
            told,
            "as its merchant has chosen"
        );
    }
}

#[tokio::test]
async fn two_nodes_end_a_job_once() {
    let ground = Ground::new();
    let (one, _) = ground.node(Bluntbank::default());
    let (two, _) = ground.node(Bluntbank::default());
    let merchant = merchant(&one).await;
    for _ in 0..10 {
        let journey = job(&one, &merchant).await;
        let finish = Finish::new(FinishedAs::Done, Some(Secret::new("1"))).unwrap();
        let (id, of) = (*journey.id(), merchant.id);
        let (finished, off, again) = tokio::join!(
            use_cases::job::finish(&one, of, id, &finish),
            use_cases::job::call_off(&two, of, id),
            use_cases::job::finish(&two, of, id, &finish)
        );
        let [finished, off, again] = [finished, off, again].map(|ending| ending.unwrap().unwrap());
        let is_so = |ending: &EndedJob| matches!(ending, EndedJob::Ended(_));
        assert!(is_so(&finished) == is_so(&again) && is_so(&off) != is_so(&finished));
        let ended = use_cases::job::find(&one, of, id).await.unwrap().unwrap();
        assert_eq!(ended.final_outcomes().len(), 1);
        let outcome = ended.final_outcome().map(|final_outcome| final_outcome.outcome);
        assert_eq!([finished, off, again].map(|ending| ending.outcome()), [outcome; 3]);
    }
}
