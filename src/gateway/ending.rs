//! How a gateway stops without losing a request.
//!
//! First it is a lame duck: it serves as before, but says that it is not ready, and that each answer is its
//! connection's last, so that proxies and kept connections go elsewhere. Then it lets nobody new in, and stops when all
//! that were in have been served.

use std::{future::Future, net::TcpListener, sync::Arc, time::Duration};

use actix_web::dev::ServerHandle;
use tokio::time::Instant;

use super::serving::SHUTDOWN_SECONDS;
use crate::engine::Engine;
use crate::listener::{Closing, accepted_at, let_the_last_in};
use crate::telemetry::metrics::Connections;

/// How often it is asked whether connections are taken, and whether providers have answered.
const LOOK: Duration = Duration::from_millis(50);

/// How long workers have at the least to take the connections that were accepted for them.
const TAKEN: Duration = Duration::from_millis(300);

/// What it takes to end the public listener.
pub(super) struct Shutdown {
    /// Its socket, once more: what is done to it holds for both.
    pub socket: TcpListener,
    pub closing: Closing,
    pub lame_duck: Duration,
    /// The connections that workers have taken.
    pub taken: Arc<Connections>,
}

impl Shutdown {
    /// Ends the listener; `at_once` ends its time as a lame duck. The server must be polled meanwhile, and be stopped
    /// afterwards.
    pub(super) async fn run(self, engine: &Engine, server: &ServerHandle, at_once: impl Future<Output = ()>) {
        self.closing.begin();
        if !self.lame_duck.is_zero() {
            tracing::info!(seconds = self.lame_duck.as_secs_f64(), "gateway.lame_duck");
        }
        // In either case the next step is the same.
        let _ = tokio::time::timeout(self.lame_duck, at_once).await;
        self.closing.close_idle();
        let deadline = Instant::now() + Duration::from_secs(SHUTDOWN_SECONDS);
        if let Err(error) = let_the_last_in(&self.socket, Duration::from_secs(SHUTDOWN_SECONDS)).await {
            tracing::warn!(error = %error, "gateway.closes_early");
        }
        server.pause().await;
        tokio::time::sleep(TAKEN).await;
        while !self.has_been_taken().await && Instant::now() < deadline {
            tokio::time::sleep(LOOK).await;
        }
        // What providers are being asked for browsers is answered once.
        while engine.asks_providers() && Instant::now() < deadline {
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Whether workers have taken every connection that was accepted for them: what one of them has not taken when it
    /// stops is broken off, and a busy machine may keep it from running for long.
    async fn has_been_taken(&self) -> bool {
        let port = self.socket.local_addr().map_or(0, |address| address.port());
        let accepted = tokio::task::spawn_blocking(move || accepted_at(port)).await.ok().flatten();
        // Where the system does not say, time has to do.
        accepted.is_none_or(|accepted| i64::try_from(accepted).is_ok_and(|accepted| accepted <= self.taken.open()))
    }
}
