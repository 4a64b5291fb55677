//! The dialects of a gateway.

use std::sync::Arc;

use crate::domain::{Dialect, PublicUrl};
use crate::engine::PAYMENT_PAGE;
use crate::keys::Keys;
use crate::web;

/// Every dialect, with its customers' checkout at this address.
pub(super) fn dialects(public_url: &PublicUrl, keys: &Keys) -> Vec<Arc<dyn Dialect>> {
    let (public_url, keys) = (public_url.clone(), keys.clone());
    web::dialects(move |journey| Some(public_url.page(PAYMENT_PAGE, &[("link_id", &keys.link(journey)?)])))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::delivery::Attempt;
    use crate::domain::{
        AttemptResult, Delivery, DeliveryId, JourneyEvent, JourneyId, Shard, Target, UnixMillis, Verdict,
    };

    #[test]
    fn no_receiver_is_called_again_before_the_wait_that_its_dialect_prints() {
        let keys = Keys::parse(Keys::write_fresh("k1", [3; 32]).reveal()).unwrap();
        let journey = JourneyId::mint([7; 16], Shard::of_byte(0));
        let now = UnixMillis::from_millis(1_800_000_000_000);
        let failed = Attempt { attempt_result: AttemptResult::Status(500), received: false, retry_after: None };
        for dialect in dialects(&PublicUrl::parse("https://pay.example").unwrap(), &keys) {
            for target in [Target::Callback(0), Target::WebhookEndpoint(0)] {
                let policy = dialect.delivery_policy(target);
                for (tries, printed) in (0..).zip(&policy.schedule.waits()[1..]) {
                    let id = DeliveryId { journey, event: JourneyEvent::Concluded(0), target };
                    let delivery = Delivery { tries, ..Delivery::fresh(id, now) };
                    for chance in 0..500 {
                        let Verdict::Retry(wait) = failed.judge(&delivery, &policy, now, chance) else { panic!() };
                        let most = *printed + *printed / 10 + Duration::from_millis(1);
                        assert!((*printed..=most).contains(&wait), "{} {target} {tries}: {wait:?}", dialect.name());
                    }
                }
            }
        }
    }
}
