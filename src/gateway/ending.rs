//! How a gateway stops without losing a request.
//!
//! First it is a lame duck: it serves as before, but says that it is not ready, and that each answer is its
//! connection's last, so that proxies and kept connections go elsewhere. Then it lets nobody new in, and stops when all
//! that were in have been served.

use std::{future::Future, net::TcpListener, time::Duration};

use actix_web::dev::ServerHandle;
use tokio::time::Instant;

use super::serving::SHUTDOWN_SECONDS;
use crate::engine::Engine;
use crate::listener::{Closing, let_the_last_in};

/// How often it is asked whether providers have answered.
const LOOK: Duration = Duration::from_millis(50);

/// How long workers have to take the connections that were accepted for them: a busy machine may keep one from running
/// for a while, and what it has not taken when it stops is broken off.
const TAKEN: Duration = Duration::from_millis(300);

/// What it takes to end the public listener.
pub(super) struct Shutdown {
    /// Its socket, once more: what is done to it holds for both.
    pub socket: TcpListener,
    pub closing: Closing,
    pub lame_duck: Duration,
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
        // What providers are being asked for browsers is answered once.
        while engine.asks_providers() && Instant::now() < deadline {
            tokio::time::sleep(LOOK).await;
        }
    }
}
