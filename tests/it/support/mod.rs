//! What the tests stand on: a whole house, a browser and an app that call it, and a real Redis.

#![allow(dead_code, reason = "not every test needs every tool")]

pub mod gateway;
pub mod house;
pub mod http;
pub mod receiver;
pub mod redis;
pub mod shop;
mod watch;

/// Runs each story on every store that a house can stand on; a story is an `async fn` that is given a [`house::House`].
macro_rules! on_every_store {
    ($($(#[$meta:meta])* $story:ident),+ $(,)?) => {
        mod embedded {
            $(#[tokio::test] $(#[$meta])* async fn $story() {
                let house = $crate::support::house::House::open($crate::support::house::StoreKind::Embedded);
                super::$story(house.await).await;
            })+
        }

        mod redis {
            $(#[tokio::test] $(#[$meta])* async fn $story() {
                let house = $crate::support::house::House::open($crate::support::house::StoreKind::Redis);
                super::$story(house.await).await;
            })+
        }
    };
}
pub(crate) use on_every_store;
