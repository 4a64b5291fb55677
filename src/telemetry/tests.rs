//! What a request leaves in the log and the counters, and what it never leaves there.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpResponse, middleware::from_fn, web};
use tracing_subscriber::fmt::MakeWriter;

use super::*;

/// Keeps log lines instead of writing them.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Lines {
    fn read(&self) -> Vec<serde_json::Value> {
        let bytes = self.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

async fn fails() -> HttpResponse {
    let mut response = HttpResponse::ServiceUnavailable().finish();
    response.extensions_mut().insert(Cause::new("the store did not answer in time"));
    response
}

async fn is_not_ready() -> HttpResponse {
    let mut response = HttpResponse::ServiceUnavailable().finish();
    response.extensions_mut().insert(LoggedElsewhere);
    response
}

/// One request against a small app: its lines, its counters, its answer.
async fn observed(request: TestRequest, most: Level) -> (Vec<serde_json::Value>, String, ServiceResponse) {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_span_list(false);
    let guard = tracing::subscriber::set_default(subscriber.with_max_level(most).with_writer(lines.clone()).finish());
    let metrics = web::Data::new(Metrics::default());
    let home = web::resource("/return/{bank}").app_data(Route::Return).to(HttpResponse::SeeOther);
    let api = web::scope("/v1").app_data(Route::Api).route("/journeys/{id}", web::get().to(fails));
    let api = api.route("/readyz", web::get().to(is_not_ready));
    let app = App::new().app_data(metrics.clone()).wrap(from_fn(observe)).service(home).service(api);
    let response = call_service(&init_service(app).await, request.to_request()).await;
    drop(guard);
    (lines.read(), metrics.render(), response.map_into_boxed_body())
}

#[actix_web::test]
async fn a_request_is_logged_once_by_its_pattern_and_without_its_query() {
    let request = TestRequest::get().uri("/return/sandbox?code=hunter2&state=hunter2");
    let (lines, metrics, response) = observed(request.insert_header((REQUEST_ID, "abc-1")), Level::INFO).await;
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!((line["level"].as_str(), line["message"].as_str()), (Some("INFO"), Some("answered")));
    let span = &line["span"];
    assert_eq!((&span["http.route"], &span["http.method"]), (&"/return/{bank}".into(), &"GET".into()));
    assert_eq!((&span["http.status"], &span["request.id"]), (&303.into(), &"abc-1".into()));
    assert!(span["http.duration_ms"].is_f64(), "{span}");
    assert!(!line.to_string().contains("hunter2"), "{line}");
    assert!(metrics.contains("handback_requests_total{route=\"return\",status=\"3xx\"} 1"), "{metrics}");
    assert!(!response.headers().contains_key(REQUEST_ID));
}

#[actix_web::test]
async fn a_5xx_is_an_error_with_its_cause_and_its_id() {
    let (lines, metrics, response) = observed(TestRequest::get().uri("/v1/journeys/7"), Level::ERROR).await;
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(line["level"], "ERROR");
    assert_eq!(line["cause"], "the store did not answer in time");
    let id = response.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
    assert_eq!(line["span"]["request.id"].as_str(), id);
    assert_eq!(line["span"]["http.route"], "/v1/journeys/{id}");
    assert!(metrics.contains("handback_requests_total{route=\"api\",status=\"5xx\"} 1"), "{metrics}");
}

#[actix_web::test]
async fn a_5xx_that_is_logged_elsewhere_is_no_error_and_counted() {
    let (lines, metrics, _) = observed(TestRequest::get().uri("/v1/readyz"), Level::WARN).await;
    assert!(lines.is_empty(), "{lines:?}");
    assert!(metrics.contains("handback_requests_total{route=\"api\",status=\"5xx\"} 1"), "{metrics}");
    let (lines, _, _) = observed(TestRequest::get().uri("/v1/readyz"), Level::INFO).await;
    assert_eq!((&lines[0]["level"], &lines[0]["span"]["http.status"]), (&"INFO".into(), &503.into()));
}

#[actix_web::test]
async fn an_unknown_path_and_a_forged_id_stay_out_of_the_log() {
    let request = TestRequest::get().uri("/secret/path").insert_header((REQUEST_ID, "a b\"c"));
    let (lines, metrics, response) = observed(request, Level::INFO).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(lines[0]["span"]["http.route"], "unmatched");
    let told = lines[0].to_string();
    assert!(!told.contains("secret") && !told.contains("a b"), "{told}");
    assert!(metrics.contains("handback_requests_total{route=\"other\",status=\"4xx\"} 1"), "{metrics}");
}

#[actix_web::test]
async fn a_quiet_filter_keeps_requests_out_and_counts_them() {
    let (lines, metrics, _) = observed(TestRequest::get().uri("/return/sandbox"), Level::ERROR).await;
    assert!(lines.is_empty(), "{lines:?}");
    assert!(metrics.contains("handback_return_duration_seconds_count 1"), "{metrics}");
}

#[actix_web::test]
async fn a_method_that_somebody_made_up_is_other() {
    let long = "A".repeat(200);
    for (sent, logged) in
        [("GET", "GET"), ("DELETE", "DELETE"), ("TRACE", "TRACE"), ("get", "other"), (&*long, "other")]
    {
        let method = Method::from_bytes(sent.as_bytes()).unwrap();
        let (lines, _, _) = observed(TestRequest::get().uri("/return/sandbox").method(method), Level::INFO).await;
        assert_eq!(lines[0]["span"]["http.method"], logged, "{sent}");
        assert!(!lines[0].to_string().contains("AAAA"), "{}", lines[0]);
    }
}

/// What is written of an error that another crate logs about a stranger's mistake, and of what another says at start.
fn noise_under(filter: &str) -> (bool, bool) {
    let lines = Lines::default();
    let filter = EnvFilter::try_new(without_noise(filter)).unwrap();
    let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter);
    let guard = tracing::subscriber::set_default(subscriber.with_writer(lines.clone()).finish());
    tracing::error!(target: "actix_http::h1::dispatcher", "stream error");
    tracing::info!(target: "actix_server::builder", "starting 2 workers");
    drop(guard);
    let has = |text: &str| lines.read().iter().any(|line| line["message"] == text);
    (has("stream error"), has("starting 2 workers"))
}

#[test]
fn a_level_of_the_operators_keeps_known_noise_out() {
    for filter in ["off", "error", "warn", "info", "debug", "trace", "WARN", "handback=debug", "warn,handback=trace"] {
        assert_eq!(noise_under(filter), (false, false), "{filter}");
    }
}

#[test]
fn noise_that_is_asked_for_by_name_is_written() {
    assert_eq!(noise_under("info,actix_http=error"), (true, false));
    assert_eq!(noise_under("warn,actix_http::h1=debug"), (true, false));
    assert_eq!(noise_under("actix_server=info"), (false, true));
}

#[test]
fn noise_is_never_louder_than_the_operator_wants_it() {
    for (filter, level) in
        [("off", "off"), ("error", "error"), ("warn", "warn"), ("trace", "warn"), ("x=trace", "error")]
    {
        assert!(without_noise(filter).contains(&format!("actix_server={level}")), "{}", without_noise(filter));
    }
}

#[test]
fn fresh_ids_differ() {
    assert_ne!(RequestId::fresh(), RequestId::fresh());
}
