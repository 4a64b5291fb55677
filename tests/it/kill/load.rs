//! The load: customers who live one story after the other until they are sent home.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use super::chance::Chance;
use super::merchant_client::MerchantClient;
use super::story::Story;

/// How many there are.
const CUSTOMERS: u64 = 16;

/// How long one thinks between two stories: the ledger should not take longer than the load.
const PAUSE: Duration = Duration::from_millis(20);

/// Everybody.
pub struct Load {
    runtime: Runtime,
    customers: Vec<JoinHandle<Vec<Story>>>,
    closing: Arc<AtomicBool>,
}

impl Load {
    /// Sets them going.
    pub fn set_going(merchant: &Arc<MerchantClient>) -> Self {
        let runtime = runtime();
        let closing = Arc::new(AtomicBool::new(false));
        let live = |customer| runtime.spawn(live(Arc::clone(merchant), customer, Arc::clone(&closing)));
        let customers = (0..CUSTOMERS).map(live).collect();
        Self { runtime, customers, closing }
    }

    /// Lets everybody end the story that is under way, and collects what they were answered.
    pub fn go_home(self) -> Vec<Story> {
        self.closing.store(true, Ordering::SeqCst);
        let told = self.customers.into_iter().map(|customer| self.runtime.block_on(customer).expect("a customer"));
        told.flatten().collect()
    }
}

async fn live(merchant: Arc<MerchantClient>, customer: u64, closing: Arc<AtomicBool>) -> Vec<Story> {
    let (mut chance, mut told) = (Chance::seeded(customer), Vec::new());
    while !closing.load(Ordering::SeqCst) {
        told.push(Story::live(&merchant, &format!("{customer}-{}", told.len()), &mut chance).await);
        tokio::time::sleep(PAUSE).await;
    }
    told
}

/// A runtime for people who only wait.
pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}
