//! When a customer's browser came back, and when it was handed back.

use super::{Effect, Journey, LedTo, ResponseId};
use crate::domain::UnixMillis;

/// A browser that came back from its provider and was handed back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandedBack {
    /// The visit, from 0.
    pub visit: u8,
    /// Since when the journey knows that it had come back.
    pub came_back_at: UnixMillis,
    /// When it was handed back.
    pub at: UnixMillis,
    /// Whether that was before there was an outcome.
    pub is_early: bool,
}

impl Journey {
    /// When customers' browsers came back from providers, each with its visit, from 0.
    pub fn returns(&self) -> impl Iterator<Item = (u8, UnixMillis)> {
        (0..=u8::MAX).zip(&self.past.visits).flat_map(|(number, visit)| {
            let paid = visit.payment.as_ref().map(|payment| payment.returned.map(|returned| returned.at));
            let answered = visit.answers.iter().filter(move |_| paid.is_none()).map(|answer| answer.at);
            paid.flatten().into_iter().chain(answered).map(move |at| (number, at))
        })
    }

    /// When a customer's browser came back from a provider, if one ever has.
    pub fn came_back_at(&self) -> Option<UnixMillis> {
        self.returns().map(|(_, at)| at).min()
    }

    /// The hand-backs of browsers that had come back from their providers.
    pub fn hand_backs(&self) -> impl Iterator<Item = HandedBack> {
        (0..=u8::MAX).zip(&self.past.visits).flat_map(move |(number, visit)| {
            let returned = visit.payment.as_ref().map(|payment| payment.returned.map(|returned| returned.at));
            visit.answers.iter().filter_map(move |answer| {
                let is_early = match answer.end {
                    Some(LedTo::Outcome(_)) => false,
                    Some(LedTo::HandedBackEarly) => true,
                    Some(LedTo::Failed(_) | LedTo::Onward(_)) | None => return None,
                };
                let response_id = ResponseId { visit: number, response_digest: answer.response_digest };
                // A payment may be known to be made before its customer comes back.
                let came_back_at = returned.unwrap_or(Some(answer.at))?;
                let handed_back = HandedBack { visit: number, came_back_at, at: self.led_at(response_id), is_early };
                (answer.effect == Effect::Counted).then_some(handed_back)
            })
        })
    }

    /// The first of them.
    pub fn first_hand_back(&self) -> Option<HandedBack> {
        self.hand_backs().min_by_key(|handed_back| handed_back.at)
    }
}
