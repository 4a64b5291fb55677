//! Listens to the log of every gateway in this process, and tells them apart.
//!
//! All tests run in one process with one subscriber. A gateway has an actix system of its own, its workers belong to
//! that system, and so the system's number says whose line it is.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use actix_web::rt::System;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

static LINES: Mutex<Option<HashMap<usize, Vec<String>>>> = Mutex::new(None);

/// Begins to listen, unless somebody has.
pub fn begin() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing_subscriber::registry().with(Errors.with_filter(LevelFilter::ERROR)).init());
}

/// Takes what the gateway of this system has logged at error level.
pub fn take(system: usize) -> Vec<String> {
    lines().get_or_insert_default().remove(&system).unwrap_or_default()
}

fn lines() -> MutexGuard<'static, Option<HashMap<usize, Vec<String>>>> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Errors;

impl<S: Subscriber> Layer<S> for Errors {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let Some(system) = System::try_current().filter(|_| *event.metadata().level() == Level::ERROR) else { return };
        let mut line = Line(String::new());
        event.record(&mut line);
        lines().get_or_insert_default().entry(system.id()).or_default().push(line.0);
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, "{}={value:?} ", field.name());
    }
}
