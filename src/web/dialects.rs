//! The one list of dialects. Each has its words in a folder of `dialect/`, and its routes beside this file where it has
//! clients of its own.

use std::sync::Arc;

use actix_web::web;

use super::{ixopay, secpaid, token_io, yapily};
use crate::dialect::{ixopay::Ixopay, job::JobDialect, own::Own, secpaid::SecPaid, token_io::TokenIo, yapily::Yapily};
use crate::domain::{Dialect, Journey};

/// The address of the checkout of a journey, if there is one.
type CheckoutUrl = Arc<dyn Fn(&Journey) -> Option<String> + Send + Sync>;

struct Listed {
    words: fn(&CheckoutUrl) -> Arc<dyn Dialect>,
    routes: fn(&mut web::ServiceConfig),
}

const DIALECTS: [Listed; 6] = [
    Listed { words: |_| Arc::new(SecPaid), routes: secpaid::routes },
    Listed { words: |_| Arc::new(Yapily), routes: yapily::routes },
    Listed { words: |_| Arc::new(TokenIo), routes: token_io::routes },
    Listed { words: ixopay_words, routes: ixopay::routes },
    // Asked for by our own API, below `/v1/journeys` and `/v1/jobs`.
    Listed { words: |_| Arc::new(Own), routes: |_| () },
    Listed { words: |_| Arc::new(JobDialect), routes: |_| () },
];

/// The words of every dialect, of a gateway where customers come to the checkout of a journey at `checkout_url`.
pub fn dialects(checkout_url: impl Fn(&Journey) -> Option<String> + Send + Sync + 'static) -> Vec<Arc<dyn Dialect>> {
    let checkout_url: CheckoutUrl = Arc::new(checkout_url);
    DIALECTS.iter().map(|listed| (listed.words)(&checkout_url)).collect()
}

/// The routes of every dialect.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    for listed in DIALECTS {
        config.configure(listed.routes);
    }
}

fn ixopay_words(checkout_url: &CheckoutUrl) -> Arc<dyn Dialect> {
    let checkout_url = Arc::clone(checkout_url);
    Arc::new(Ixopay::new(move |journey| checkout_url(journey)))
}
