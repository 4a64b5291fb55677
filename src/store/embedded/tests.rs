//! The embedded store before the law, and what it promises beyond.

use tempfile::TempDir;

use super::*;
use crate::clock::TestClock;
use crate::store::laws::{Backend, store_laws};

/// How long the store under test keeps an ended journey.
const KEEP: Duration = Duration::from_secs(7 * 24 * 3600);

/// A folder of its own, thrown away in the end.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn store(&self, clock: &Arc<TestClock>) -> Embedded {
        Embedded::open(self.0.path(), Arc::clone(clock) as Arc<dyn Clock>, KEEP).unwrap()
    }
}

#[async_trait]
impl Backend for Folder {
    async fn open(&self, clock: Arc<TestClock>) -> Arc<dyn Store> {
        Arc::new(self.store(&clock))
    }
}

mod laws {
    use super::*;

    store_laws!(Folder::new());
}
