//! The Redis store before the law, and among failures.

mod cluster;
mod consents;
mod copies;
mod deliveries;
mod faults;
#[allow(dead_code, reason = "a fixture for others, too")]
#[path = "../../../tests/it/support/redis.rs"]
pub(crate) mod fixture;
mod fixture_of_cluster;
mod places;
mod settling_in;
mod strict;

use std::sync::Mutex;

use self::fixture::RedisServer;
use super::*;
use crate::clock::TestClock;
use crate::store::StoreError;
use crate::store::laws::{Backend, store_laws};

/// How long the store under test keeps an ended journey.
const KEEP: Duration = Duration::from_hours(7 * 24);

fn address(url: &str) -> RedisAddress {
    RedisAddress::parse(url).unwrap()
}

fn store(url: &str) -> Arc<RedisStore> {
    Arc::new(RedisStore::open(address(url), Arc::new(TestClock::default()), KEEP).unwrap())
}

/// A Redis of its own, killed and started again whenever the store is opened again.
struct Served(Mutex<(RedisServer, bool)>);

impl Served {
    fn new() -> Self {
        Self(Mutex::new((RedisServer::start(), false)))
    }
}

#[async_trait]
impl Backend for Served {
    async fn open(&self, clock: Arc<TestClock>) -> Arc<dyn Store> {
        let mut own = self.0.lock().unwrap();
        let (server, used) = &mut *own;
        if std::mem::replace(used, true) {
            server.kill();
            server.restart();
        }
        Arc::new(RedisStore::open(address(&server.url()), clock, KEEP).unwrap())
    }
}

mod laws {
    use super::*;

    store_laws!(Served::new());
}
