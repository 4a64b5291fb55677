//! What an engine, or a courier, is built from in a test.

use std::{sync::Arc, time::Duration};

use crate::clock::Clock;
use crate::domain::{
    DialectData, Mode, OneTime, OpenRequest, Placement, PublicUrl, Purpose, RequestedCallbacks, Rules, WebhookOptions,
};
use crate::engine::deps::{Deps, NoCourier, NoLogos, WaysIn};
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
        logos: Arc::new(NoLogos),
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
    }
}
