//! What the tests stand on: a whole gateway, a browser and an app that call it, and a real Redis.

#![allow(dead_code, reason = "not every test needs every tool")]

pub mod crawler;
pub mod custom_gateway;
pub mod doors;
pub mod engine_process;
pub mod gateway;
pub mod gateway_process;
pub mod http;
pub mod ixopay;
pub mod ixopay_connector;
pub mod judge;
pub mod manual;
pub mod merchant_client;
pub mod payment_engine;
pub mod qr;
pub mod receiver;
pub mod redis;
pub mod sdk;
pub mod small_disk;
pub mod smtp;
pub mod till;
pub mod token_io_client;
pub mod token_io_host;
pub mod tpp;
mod watch;
pub mod yapily_host;

/// Runs each story on every store that a gateway can stand on; a story is an `async fn` that is given a
/// [`gateway::TestGateway`], where it says so with these variables.
macro_rules! on_every_store {
    ($($(#[$meta:meta])* $story:ident),+ $(,)?) => {
        $crate::support::on_every_store![with &[]; $($(#[$meta])* $story),+];
    };
    (with $env:expr; $($(#[$meta:meta])* $story:ident),+ $(,)?) => {
        mod embedded {
            $(#[tokio::test] $(#[$meta])* async fn $story() {
                let gateway = $crate::support::gateway::TestGateway::open_with($crate::support::gateway::StoreKind::Embedded, $env);
                super::$story(gateway.await).await;
            })+
        }

        mod redis {
            $(#[tokio::test] $(#[$meta])* async fn $story() {
                let gateway = $crate::support::gateway::TestGateway::open_with($crate::support::gateway::StoreKind::Redis, $env);
                super::$story(gateway.await).await;
            })+
        }
    };
}
pub(crate) use on_every_store;
