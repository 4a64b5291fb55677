//! BANK LOGOS: the pictures beside banks' names, which the node fetches when a browser first asks for one.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;

use crate::domain::LogoPicture;
use crate::engine::Engine;

/// For how long a picture is not fetched again, and one that could not be fetched is not tried again.
pub const FETCHED_AGAIN_AFTER: Duration = Duration::from_hours(1);

/// The picture of an institution, if it has one that can be shown.
pub async fn bank_logo(engine: &Engine, institution: &str) -> Option<Arc<LogoPicture>> {
    let institution = engine.deps.institution(institution)?;
    let (id, source) = (institution.id.clone(), institution.picture()?.to_owned());
    let deps = Arc::clone(&engine.deps);
    let fetch = async move {
        let fetched = deps.logos.fetch(&source).await;
        fetched
            .inspect_err(|error| tracing::warn!(institution = id, error = error.rule(), "bank.no_logo"))
            .ok()
            .map(Arc::new)
    };
    engine.bank_logos.join(institution.id.clone(), || fetch.boxed()).await
}
