//! What the tests stand on: a whole house, a browser and an app that call it, and a real Redis.

#![allow(dead_code, reason = "not every test needs every tool")]

pub mod annex;
pub mod doors;
pub mod gateway;
pub mod house;
pub mod http;
pub mod ixopay;
pub mod judge;
pub mod manual;
pub mod member;
pub mod receiver;
pub mod redis;
pub mod sdk;
pub mod shop;
pub mod tpp;
mod watch;

/// Runs each story on every store that a house can stand on; a story is an `async fn` that is given a [`house::House`],
/// where it says so with these variables.
macro_rules! on_every_store {
    ($($(#[$meta:meta])* $story:ident),+ $(,)?) => {
        $crate::support::on_every_store![with &[]; $($(#[$meta])* $story),+];
    };
    (with $env:expr; $($(#[$meta:meta])* $story:ident),+ $(,)?) => {
        mod embedded {
            $(#[tokio::test] $(#[$meta])* async fn $story() {
                let house = $crate::support::house::House::open_with($crate::support::house::StoreKind::Embedded, $env);
                super::$story(house.await).await;
            })+
        }

        mod redis {
            $(#[tokio::test] $(#[$meta])* async fn $story() {
                let house = $crate::support::house::House::open_with($crate::support::house::StoreKind::Redis, $env);
                super::$story(house.await).await;
            })+
        }
    };
}
pub(crate) use on_every_store;
