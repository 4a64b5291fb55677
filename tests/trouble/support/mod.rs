//! What the other tests stand on.

#![allow(dead_code, reason = "it has more tools than are needed here")]

#[path = "../../it/support/gateway_process.rs"]
pub mod gateway_process;
#[path = "../../it/support/http.rs"]
pub mod http;
#[path = "../../it/support/payment_engine.rs"]
pub mod payment_engine;
#[path = "../../it/support/qr.rs"]
pub mod qr;
#[path = "../../it/support/receiver.rs"]
pub mod receiver;
#[path = "../../it/support/redis.rs"]
pub mod redis;

/// As far as the payment engine must know one: its gateways live in the process of the test, ours do not.
pub mod gateway {
    /// A gateway and its time.
    pub struct TestGateway {
        pub http: super::http::Http,
        pub clock: handback::clock::SystemClock,
    }
}
