//! One browser that comes back, and what it is answered.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use tokio::time::Instant;

use super::posted::Posted;
use crate::domain::Journey;
use crate::domain::params::percent_encoded;
use crate::domain::provider_account::merchant_of_provider;
use crate::engine::Waiting as Looking;
use crate::engine::{
    AuthorizationResponse, Brought, Carried, Engine, EngineError, RejectedReturn, Returned, Timing, Visitor, Waited,
    use_cases,
};
use crate::telemetry::metrics::{Arrival, Metrics};
use crate::web::pages::home;
use crate::web::pages::outcome::amount;
use crate::web::views::{Awaited, ProblemPage, Repost, Waiting, WhyAgain};
use crate::web::{in_language, problem, reply};

/// Where the time of a return went (Server-Timing, W3C).
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// A browser that came back, from when its head and body had been read.
pub(super) struct Visit<'a> {
    engine: &'a Arc<Engine>,
    metrics: &'a Metrics,
    request: &'a HttpRequest,
    provider: &'a str,
    visitor: Visitor,
    at: Instant,
    timing: Timing,
    /// How long the engine took.
    engine_took: Cell<Duration>,
}

impl<'a> Visit<'a> {
    /// Begins now.
    pub(super) fn new(
        engine: &'a Arc<Engine>,
        metrics: &'a Metrics,
        request: &'a HttpRequest,
        provider: &'a str,
    ) -> Self {
        let (at, visitor) = (Instant::now(), reply::visitor(request));
        let (timing, engine_took) = (Timing::default(), Cell::default());
        Self { engine, metrics, request, provider, visitor, at, timing, engine_took }
    }

    /// Whether it only looks, at the address of a provider that there is.
    pub(super) fn only_looks(&self) -> bool {
        // A merchant's account may not have been read here yet.
        let is_there = || {
            self.engine.deps.provider_label(self.provider).is_some() || merchant_of_provider(self.provider).is_some()
        };
        reply::is_prefetch(self.request) && is_there()
    }

    /// The address that the provider sends its browsers to, as one of our pages posts to it.
    pub(super) fn address(&self) -> String {
        format!("/return/{}", percent_encoded(self.provider))
    }

    /// Takes in what the browser brought.
    pub(super) async fn arrive(
        &self,
        carried: Carried,
        pairs: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Returned, EngineError> {
        let answer = match AuthorizationResponse::read(carried, pairs) {
            Ok(answer) => answer,
            Err(invalid) => return Ok(Returned::Rejected(RejectedReturn::Unreadable(invalid))),
        };
        let Self { provider, visitor, at, timing, .. } = self;
        let brought = Brought { provider, answer, visitor, at: *at, timing };
        self.measured(Box::pin(use_cases::return_::take_return(self.engine, brought))).await
    }

    /// Looks again for a browser that waits.
    pub(super) async fn wait_on(&self, state: &str, response_digest: u64) -> Result<Returned, EngineError> {
        let Self { provider, visitor, at, timing, .. } = self;
        let waiting = Looking { provider, state, response_digest, visitor, at: *at, timing };
        self.measured(use_cases::return_::wait_on(self.engine, waiting)).await
    }

    async fn measured<T>(&self, verb: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let answer = verb.await;
        self.engine_took.set(began.elapsed());
        answer
    }

    /// Whether a browser that shows nothing may have a cookie after all: what another site has posted carries none.
    pub(super) fn may_show_more(&self, returned: &Result<Returned, EngineError>) -> bool {
        let Ok(Returned::Rejected(rejected)) = returned else { return false };
        match rejected {
            RejectedReturn::OtherBrowser => true,
            RejectedReturn::NoState
            | RejectedReturn::Forged
            | RejectedReturn::Answered
            | RejectedReturn::TooLate(_) => self.visitor.shows_nothing(),
            RejectedReturn::UnknownState | RejectedReturn::OtherProvider | RejectedReturn::Unreadable(_) => false,
        }
    }

    /// What the browser is answered; it is counted, and says where the time went. `again` is its
    /// answer, where it was posted.
    pub(super) async fn answer(&self, returned: Result<Returned, EngineError>, again: Option<Posted>) -> HttpResponse {
        let (arrival, response) = match returned {
            Ok(Returned::Go(redirect, cookies)) => (Arrival::Sent, reply::see_other_with(&redirect, &cookies)),
            Ok(Returned::Wait(waited)) => (Arrival::Waiting, self.waiting(&waited)),
            Ok(Returned::BringAgain(journey)) => (Arrival::Waiting, self.bring_again(&journey, again)),
            Ok(Returned::Rejected(rejected)) => (Arrival::Rejected, self.rejected_page(&rejected).await),
            Err(error) if matches!(error, EngineError::Store(_)) => (Arrival::StoreAway, problem::page_of(&error)),
            Err(error) => (Arrival::Failed, problem::page_of(&error)),
        };
        self.counted(arrival, response)
    }

    /// Counts what became of the browser, and says where the time went.
    pub(super) fn counted(&self, arrival: Arrival, response: HttpResponse) -> HttpResponse {
        self.metrics.count_return(arrival);
        self.timed(response)
    }

    /// The reply to an answer that leads nowhere: with a way on, where we recognise the browser.
    pub(super) async fn rejected_page(&self, rejected: &RejectedReturn) -> HttpResponse {
        tracing::info!(reason = rejected.as_str(), "return.rejected");
        let (status, page) = match rejected {
            RejectedReturn::TooLate(journey) => return home::too_late(self.engine, self.request, journey),
            RejectedReturn::Answered => return reply::problem_page(StatusCode::GONE, ProblemPage::answered()),
            RejectedReturn::OtherBrowser => {
                return reply::problem_page(StatusCode::FORBIDDEN, ProblemPage::other_browser());
            }
            RejectedReturn::UnknownState => (StatusCode::NOT_FOUND, ProblemPage::unknown_return()),
            RejectedReturn::NoState
            | RejectedReturn::OtherProvider
            | RejectedReturn::Unreadable(_)
            | RejectedReturn::Forged => (StatusCode::BAD_REQUEST, ProblemPage::unreadable()),
        };
        match use_cases::return_::page_of_last_visit(self.engine, self.provider, &self.visitor).await {
            Ok(Some(way)) => reply::problem_page(status, ProblemPage::not_usable(way.as_str())),
            Ok(None) => reply::problem_page(status, page),
            Err(error) => {
                tracing::warn!(error = %error, "return.no_way_back");
                reply::problem_page(status, page)
            }
        }
    }

    /// The page that posts once more what was posted.
    pub(super) fn repost(&self, posted: Posted, why: WhyAgain) -> Repost {
        let Posted { poster, pairs } = posted;
        let page = in_language::of_browser(self.request);
        Repost { page, action: self.address(), marker: poster.again().marker(), pairs, why }
    }

    /// A light page that brings the answer again, as it came: nothing of it is kept before it has been checked.
    fn bring_again(&self, journey: &Journey, again: Option<Posted>) -> HttpResponse {
        match again {
            Some(posted) => reply::repost_page(StatusCode::OK, &self.repost(posted, WhyAgain::BankLate(1))),
            None => self.waiting_page(journey, 0, format!("{}?{}", self.address(), self.request.query_string())),
        }
    }

    /// Says where the time went: what the engine took without the provider is the store's, but for some microseconds.
    pub(super) fn timed(&self, mut response: HttpResponse) -> HttpResponse {
        let provider = self.timing.provider();
        let spans = [self.engine_took.get().saturating_sub(provider), provider, self.at.elapsed()];
        let [store, provider, total] = spans.map(|span| span.as_secs_f64() * 1e3);
        let text = format!("store;dur={store:.1}, bank;dur={provider:.1}, total;dur={total:.1}");
        if let Ok(value) = HeaderValue::try_from(text) {
            response.headers_mut().insert(SERVER_TIMING, value);
        }
        response
    }

    /// A light page, which comes again without the code: a page that answers a form would post it again.
    fn waiting(&self, waited: &Waited) -> HttpResponse {
        let Waited { journey, state, response_id } = waited;
        let answers = journey.visits().get(usize::from(response_id.visit)).map(|visit| &visit.answers);
        let answer = answers
            .and_then(|answers| answers.iter().find(|answer| answer.response_digest == response_id.response_digest));
        let now = self.engine.deps.clock.now();
        let seconds = answer.map_or(0, |answer| now.since(answer.at).as_secs());
        let (address, state) = (self.address(), percent_encoded(state));
        let next = format!("{address}/wait?state={state}&answer={:016x}", response_id.response_digest);
        self.waiting_page(journey, u32::try_from(seconds).unwrap_or(u32::MAX), next)
    }

    fn waiting_page(&self, journey: &Journey, seconds: u32, next: String) -> HttpResponse {
        let page = in_language::of_journey(self.request, journey);
        reply::customers_page(&Waiting {
            awaited: Awaited::Answer,
            payee: journey.payee().to_owned(),
            amount: amount(&page, journey),
            page,
            seconds,
            next,
        })
    }
}
