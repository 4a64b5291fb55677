//! One browser at the door, and what it is answered.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use tokio::time::Instant;

use crate::domain::params::percent_encoded;
use crate::engine::Waiting as Looking;
use crate::engine::{Answer, Brought, Carried, Engine, EngineError, Returned, Suspicion, Timing, Waited};
use crate::telemetry::metrics::Arrival;
use crate::web::page::{Awaited, ProblemPage, Waiting};
use crate::web::{checkout, problem, reply};

/// Where the time of a return went (Server-Timing, W3C).
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// A browser that came back, from when its head and body had been read.
pub(super) struct Visit<'a> {
    engine: &'a Arc<Engine>,
    request: &'a HttpRequest,
    bank: &'a str,
    at: Instant,
    timing: Timing,
    /// How long the engine took.
    engine_took: Cell<Duration>,
}

impl<'a> Visit<'a> {
    /// Begins now.
    pub(super) fn new(engine: &'a Arc<Engine>, request: &'a HttpRequest, bank: &'a str) -> Self {
        Self { engine, request, bank, at: Instant::now(), timing: Timing::default(), engine_took: Cell::default() }
    }

    /// The address that the bank sends its browsers to, as a page of ours posts to it.
    pub(super) fn address(&self) -> String {
        format!("/return/{}", percent_encoded(self.bank))
    }

    /// Takes in what the browser brought.
    pub(super) async fn arrive(
        &self,
        carried: Carried,
        pairs: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Returned, EngineError> {
        let answer = match Answer::read(carried, pairs) {
            Ok(answer) => answer,
            Err(invalid) => return Ok(Returned::Suspect(Suspicion::Answer(invalid))),
        };
        let cookie = reply::known_cookies(self.request);
        let Self { bank, at, timing, .. } = self;
        let brought = Brought { bank, answer, cookie: &cookie, at: *at, timing };
        self.measured(Box::pin(self.engine.take_return(brought))).await
    }

    /// Looks again for a browser that waits.
    pub(super) async fn wait_on(&self, state: &str, mark: u64) -> Result<Returned, EngineError> {
        let cookie = reply::known_cookies(self.request);
        let Self { bank, at, timing, .. } = self;
        let waiting = Looking { bank, state, mark, cookie: &cookie, at: *at, timing };
        self.measured(self.engine.wait_on(waiting)).await
    }

    async fn measured<T>(&self, verb: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let answer = verb.await;
        self.engine_took.set(began.elapsed());
        answer
    }

    /// What the browser is answered, and how that is counted.
    pub(super) fn answer(&self, returned: Result<Returned, EngineError>) -> (Arrival, HttpResponse) {
        match returned {
            Ok(Returned::Go(redirect)) => (Arrival::Sent, reply::see_other(&redirect)),
            Ok(Returned::Wait(waited)) => (Arrival::Waiting, self.waiting(&waited)),
            Ok(Returned::Suspect(suspicion)) => (Arrival::Suspect, suspect(&suspicion)),
            Err(error) if matches!(error, EngineError::Store(_)) => (Arrival::StoreAway, problem::page_of(&error)),
            Err(error) => (Arrival::Failed, problem::page_of(&error)),
        }
    }

    /// Says where the time went: what the engine took without the bank is the store's, but for some microseconds.
    pub(super) fn timed(&self, mut response: HttpResponse) -> HttpResponse {
        let bank = self.timing.bank();
        let spans = [self.engine_took.get().saturating_sub(bank), bank, self.at.elapsed()];
        let [store, bank, total] = spans.map(|span| span.as_secs_f64() * 1e3);
        let text = format!("store;dur={store:.1}, bank;dur={bank:.1}, total;dur={total:.1}");
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().insert(SERVER_TIMING, value);
        }
        response
    }

    /// A light page, which comes again without the code: a page that answers a form would post it again.
    fn waiting(&self, waited: &Waited) -> HttpResponse {
        let Waited { journey, state, via } = waited;
        let answers = journey.departures().get(usize::from(via.departure)).map(|departure| &departure.answers);
        let answer = answers.and_then(|answers| answers.iter().find(|answer| answer.mark == via.mark));
        let now = self.engine.clock().now();
        let seconds = answer.map_or(0, |answer| now.since(answer.at).as_secs());
        reply::page(&Waiting {
            awaited: Awaited::Answer,
            payee: journey.payee().to_owned(),
            amount: checkout::amount(journey),
            seconds: u32::try_from(seconds).unwrap_or(u32::MAX),
            next: format!("{}/wait?state={}&answer={:016x}", self.address(), percent_encoded(state), via.mark),
        })
    }
}

fn suspect(suspicion: &Suspicion) -> HttpResponse {
    let (status, page) = match suspicion {
        Suspicion::UnknownState => (StatusCode::NOT_FOUND, ProblemPage::unknown_return()),
        Suspicion::OtherBrowser => (StatusCode::FORBIDDEN, ProblemPage::other_browser()),
        Suspicion::NoState | Suspicion::OtherBank | Suspicion::Answer(_) | Suspicion::Forged => {
            (StatusCode::BAD_REQUEST, ProblemPage::unreadable())
        }
    };
    tracing::info!(suspicion = suspicion.as_str(), "return.suspect");
    reply::problem_page(status, &page)
}
