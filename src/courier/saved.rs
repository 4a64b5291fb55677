//! What an attempt looks up of the endpoint that its merchant has saved: its own headers, and whether it is paused.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::outgoing::{OutgoingRequest, Unwritable};
use super::{Answered, Sender};
use crate::domain::message::{Header, Method};
use crate::domain::{AttemptRecord, AttemptResult, Merchant, Params, Posting, SavedEndpoint, Sealed, UnixMillis};
use crate::engine::deps::{Deps, TestWebhook, WebhookTester};
use crate::keys::Keys;
use crate::store::DeliveryContext;

/// The shortest and the longest time after which a delivery to a paused endpoint is looked at again.
const LOOKED_AGAIN: (Duration, Duration) = (Duration::from_secs(10), Duration::from_mins(15));

/// How long a test is waited for.
const DEADLINE: Duration = Duration::from_secs(10);

/// The endpoint that a delivery goes to, as its merchant has saved it; `None` where it goes to another place.
pub fn saved_of<'a>(merchant: &'a Merchant, context: &DeliveryContext) -> Option<&'a SavedEndpoint> {
    context.journey.opening().plan.saved_endpoint(context.delivery.id.target, &merchant.endpoints)
}

/// When a delivery that waits for its endpoint is looked at again: the longer it has waited, the later, so that many
/// that wait cost little. A resumption makes them due at once.
pub fn looked_again(since: UnixMillis, now: UnixMillis) -> Duration {
    let (shortest, longest) = LOOKED_AGAIN;
    now.since(since).clamp(shortest, longest)
}

/// Gives a request the headers of its endpoint's own, but for those that are there already.
pub fn add_headers(
    outgoing: &mut OutgoingRequest,
    saved: &SavedEndpoint,
    (keys, merchant): (&Keys, &Merchant),
) -> Result<(), Unwritable> {
    let open = |sealed: &Sealed| keys.open_text(sealed, merchant.id.as_bytes());
    let own = saved.headers.iter().map(|header| header.opened(open)).collect::<Option<Vec<_>>>();
    let is_new = |own: &Header| outgoing.headers.iter().all(|(name, _)| *name != own.name());
    outgoing.own = own.ok_or(Unwritable::Headers)?.into_iter().filter(is_new).collect();
    Ok(())
}

/// Sends test webhooks with what sends all others.
pub struct Tester<S>(pub S);

#[async_trait]
impl<S: Sender> WebhookTester for Tester<S> {
    async fn send(&self, deps: &Deps, merchant: &Merchant, test: TestWebhook<'_>) -> AttemptRecord {
        let (at, began) = (deps.clock.now(), Instant::now());
        let Answered { attempt_result, body, .. } = match written(deps, merchant, test, at) {
            Ok(outgoing) => self.0.send(&outgoing, DEADLINE).await,
            Err(unwritable) => Answered {
                attempt_result: AttemptResult::Refused,
                retry_after: None,
                body: unwritable.to_string().into_bytes(),
            },
        };
        AttemptRecord::new(at, began.elapsed(), attempt_result, &body)
    }
}

/// A test as it is sent: signed as Standard Webhooks has it. It holds nothing that a key of the endpoint should hide.
fn written(
    deps: &Deps,
    merchant: &Merchant,
    test: TestWebhook<'_>,
    at: UnixMillis,
) -> Result<OutgoingRequest, Unwritable> {
    let open = |sealed: &Sealed| deps.keys.open_text(sealed, merchant.id.as_bytes());
    let secrets: Vec<_> = merchant.signing_secret.valid(at).map_while(open).collect();
    let url = test.endpoint.url.filled(&Params::default())?;
    let posting = Posting { id: test.id, url: &url, at, secrets: &secrets, webhook_key: &|_| None };
    let headers = super::outgoing::standard(test.payload, &posting).ok_or(Unwritable::Unsigned)?;
    let body = Some(test.payload.clone());
    let mut outgoing = OutgoingRequest { url, headers, body, method: Method::Post, own: Vec::new() };
    add_headers(&mut outgoing, test.endpoint, (&deps.keys, merchant))?;
    Ok(outgoing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_long_is_looked_at_seldom() {
        let since = UnixMillis::from_millis(1_800_000_000_000);
        for (waited, again) in [(0, 10), (9, 10), (60, 60), (600, 600), (900, 900), (86_400, 900)] {
            let wait = looked_again(since, since.plus(Duration::from_secs(waited)));
            assert_eq!(wait, Duration::from_secs(again), "{waited}");
        }
    }
}
