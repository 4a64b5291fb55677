//! One try: written, sent, judged, reported.

use std::time::Duration;

use jiff::Timestamp;

use super::lanes::Load;
use super::letter::{Letter, Unwritable, secret_of};
use super::sender::Answered;
use super::{Courier, Event};
use crate::domain::delivery::{Attempt, Heard, Verdict};
use crate::domain::moment::Moment;
use crate::store::{Leased, Parcel, StoreError, endpoint_name};

impl Courier {
    /// Makes one try at a leased delivery, and answers what it was to its endpoint.
    pub(super) async fn carry(&self, leased: Leased) -> Load {
        match self.try_once(&leased).await {
            Ok(load) => load,
            Err(error) => {
                // Nothing is known to be written: the lease lapses, and somebody tries again.
                tracing::warn!(delivery = %leased.lease.id, error = %error, "courier.not_reported");
                Load::Nothing
            }
        }
    }

    async fn try_once(&self, leased: &Leased) -> Result<Load, StoreError> {
        let Leased { parcel, lease } = leased;
        let now = self.parts.clock.now();
        if parcel.delivery.is_worn_out(now) {
            return self.conclude(leased, None, Verdict::Dead).await.map(|()| Load::Nothing);
        }
        let url = parcel.journey.opening().plan.target(lease.id.target).map_or("", |entry| entry.url.as_str());
        let endpoint = endpoint_name(lease.merchant, url);
        if self.parts.store.is_shut(&endpoint).await? {
            return self.conclude(leased, None, Verdict::Gone).await.map(|()| Load::Nothing);
        }
        let attempt = self.attempt(parcel).await?;
        let verdict = attempt.judge(&parcel.delivery, &self.schedule, self.parts.clock.now(), self.draw());
        if verdict == Verdict::Gone {
            self.parts.store.shut(&endpoint).await?;
        }
        self.conclude(leased, Some(attempt.heard), verdict).await?;
        Ok(load(&attempt, verdict))
    }

    async fn attempt(&self, parcel: &Parcel) -> Result<Attempt, StoreError> {
        let letter = match self.write(parcel).await? {
            Ok(letter) => letter,
            Err(unwritable) => {
                tracing::warn!(delivery = %parcel.delivery.id, reason = %unwritable, "courier.unwritable");
                return Ok(Attempt { heard: Heard::Refused, retry_after: None });
            }
        };
        let Answered { heard, retry_after } = self.parts.sender.send(&letter).await;
        let retry_after = retry_after.and_then(|text| read_retry_after(&text, self.parts.clock.now()));
        Ok(Attempt { heard, retry_after })
    }

    async fn write(&self, parcel: &Parcel) -> Result<Result<Letter, Unwritable>, StoreError> {
        let opening = parcel.journey.opening();
        let dialect = self.parts.dialects.iter().find(|dialect| dialect.name() == opening.dialect);
        let Some(dialect) = dialect else { return Ok(Err(Unwritable::Wordless)) };
        if Letter::is_callback(parcel.delivery.id.target) {
            return Ok(Letter::callback(parcel, dialect.as_ref()));
        }
        let merchant = self.parts.store.merchant(opening.merchant).await?;
        let secret = merchant.and_then(|merchant| secret_of(&merchant, &self.parts.keys));
        let Some(secret) = secret else { return Ok(Err(Unwritable::Unsigned)) };
        Ok(Letter::notice(parcel, dialect.as_ref(), &secret, self.parts.clock.now()))
    }

    async fn conclude(&self, leased: &Leased, heard: Option<Heard>, verdict: Verdict) -> Result<(), StoreError> {
        let (id, tries) = (leased.lease.id, leased.parcel.delivery.tries);
        if let Some(heard) = heard {
            self.parts.watcher.saw(Event::Tried(heard));
        }
        if !self.parts.store.report(&leased.lease, heard, verdict).await? {
            self.parts.watcher.saw(Event::FencedOff);
            tracing::info!(delivery = %id, "courier.fenced_off");
            return Ok(());
        }
        self.parts.watcher.saw(Event::Judged(verdict));
        match verdict {
            Verdict::Delivered => tracing::debug!(delivery = %id, tries, "courier.delivered"),
            Verdict::Retry(wait) => tracing::debug!(delivery = %id, tries, ?heard, ?wait, "courier.put_off"),
            Verdict::Gone => tracing::info!(delivery = %id, "courier.gone"),
            Verdict::Dead => tracing::info!(delivery = %id, tries, ?heard, "courier.dead"),
        }
        Ok(())
    }
}

fn load(attempt: &Attempt, verdict: Verdict) -> Load {
    match (attempt.heard, verdict) {
        (_, Verdict::Delivered) => Load::Light,
        // That one path is gone says nothing of the others.
        (_, Verdict::Gone) => Load::Nothing,
        (heard, _) if heard.is_overload() || attempt.retry_after.is_some() => {
            let (shortest, longest) = Attempt::RETRY_AFTER;
            Load::TooHeavy(attempt.retry_after.unwrap_or(Attempt::RESPITE).clamp(shortest, longest))
        }
        _ => Load::Heavy,
    }
}

/// Reads `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).
fn read_retry_after(text: &str, now: Moment) -> Option<Duration> {
    let text = text.trim();
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok().map(Duration::from_secs);
    }
    let at: Timestamp = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Moment::from_millis(u64::try_from(at.as_millisecond()).ok()?).since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        // 2026-11-20T15:00:00Z
        let now = Moment::from_millis(1_795_186_800_000);
        let seconds = |text| read_retry_after(text, now).map(|wait| wait.as_secs());
        assert_eq!(seconds("120"), Some(120));
        assert_eq!(seconds(" 0 "), Some(0));
        assert_eq!(seconds("Fri, 20 Nov 2026 15:02:00 GMT"), Some(120));
        assert_eq!(seconds("Fri, 20 Nov 2026 14:02:00 GMT"), Some(0));
        for bad in ["", "-1", "soon", "1.5", "99999999999999999999"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
