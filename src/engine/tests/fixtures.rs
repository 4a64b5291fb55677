//! What an engine, or a courier, is built from in a test.

use std::{sync::Arc, time::Duration};

use crate::clock::Clock;
use crate::domain::{
    CallbackUrl, DialectData, Finding, Look, Mode, OneTime, OpenRequest, Placement, PublicUrl, Purpose,
    RequestedCallbacks, Rules, SavedCallback, UnixMillis, WebhookOptions,
};
use crate::engine::deps::{CallbackExaminer, Deps, DownCallbacks, NoCourier, NoLogos, WaysIn};
use crate::keys::Keys;
use crate::store::Store;

/// Everything over this store, without a provider, an institution or a dialect.
pub fn deps(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Deps {
    Deps {
        store,
        keys: Keys::parse(Keys::write_fresh("k1", [3; 32]).reveal()).unwrap(),
        clock,
        providers: Vec::new().into(),
        institutions: Vec::new(),
        dialects: Vec::new(),
        public_url: PublicUrl::parse("https://pay.example").unwrap(),
        rules: Rules::default(),
        budget: Duration::from_millis(250),
        longest_life: Duration::from_hours(90 * 24),
        usual_mode: Mode::Test,
        operator: Vec::new(),
        ways_in: WaysIn::default(),
        waker: Arc::new(NoCourier),
        tester: Arc::new(NoCourier),
        examiner: Arc::new(NobodyLooks),
        down: DownCallbacks::default(),
        logos: Arc::new(NoLogos),
    }
}

/// Looks at nothing.
struct NobodyLooks;

#[async_trait::async_trait]
impl CallbackExaminer for NobodyLooks {
    async fn check_up(&self, _: &SavedCallback, _: UnixMillis) -> Vec<Finding> {
        Vec::new()
    }

    async fn look(&self, _: &CallbackUrl) -> Look {
        Look::Unknown
    }
}

/// A request to open a journey about this, without endpoints and without a one-time token.
pub fn open_request(purpose: Purpose, callback: RequestedCallbacks) -> OpenRequest {
    OpenRequest {
        purpose,
        provider: None,
        dialect_data: DialectData::default(),
        callback,
        params_in: Placement::Query,
        endpoints: RequestedCallbacks::OwnPage,
        webhook_options: WebhookOptions::plainly(),
        one_time_token: Some(OneTime::Off),
        extra_outcomes: None,
        expiry: None,
        language: None,
        in_popup: false,
    }
}
