//! When a customer's browser came back, and when it was handed back.

use super::{Effect, Journey, LedTo, ResponseId};
use crate::domain::UnixMillis;

impl Journey {
    /// When a customer's browser came back from a provider, if one ever has.
    pub fn came_back_at(&self) -> Option<UnixMillis> {
        let back = self.past.visits.iter().filter_map(|visit| match &visit.payment {
            Some(payment) => payment.returned.map(|returned| returned.at),
            None => visit.answers.first().map(|answer| answer.at),
        });
        back.min()
    }

    /// The first hand-back of a browser that had come back from its provider: since when the journey knows that it had
    /// come back, and when it was handed back. `None` where there was none.
    pub fn first_hand_back(&self) -> Option<(UnixMillis, UnixMillis)> {
        let led = (0..=u8::MAX).zip(&self.past.visits).flat_map(|(number, visit)| {
            let returned = visit.payment.as_ref().map(|payment| payment.returned.map(|returned| returned.at));
            visit.answers.iter().filter_map(move |answer| {
                let leads_home = matches!(answer.end, Some(LedTo::Outcome(_) | LedTo::HandedBackEarly));
                let response_id = ResponseId { visit: number, response_digest: answer.response_digest };
                // A payment may be known to be made before its customer comes back.
                let came = returned.unwrap_or(Some(answer.at))?;
                (leads_home && answer.effect == Effect::Counted).then(|| (came, self.led_at(response_id)))
            })
        });
        led.min_by_key(|(_, handed_back)| *handed_back)
    }
}
