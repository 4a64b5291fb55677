//! One try: written, sent, judged, reported.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::outgoing::{OutgoingRequest, Signing, Unwritable};
use super::saved::{add_headers, looked_again, saved_of};
use super::{Courier, Event, TROUBLE, in_flight::Holder, queue::Load, sender::Answered};
use crate::domain::{
    AttemptRecord, AttemptResult, CallbackUrl, DeliveryPolicy, Dialect, Digest, Merchant, Target, UnixMillis, Verdict,
};
use crate::domain::{delivery::Attempt, moment::whole_seconds};
use crate::keys::WebhookKey;
use crate::store::{DeliveryContext, Leased, Result, StoreError, receiver_name};

/// Why an attempt ended that was cut short, as its merchant reads it.
const CUT_SHORT: &str = "not answered: given up early, because too many attempts were not answered";

impl Courier {
    /// Makes one try at a leased delivery, and answers what it was to its receiver, and when it was over: before
    /// anybody could read of it in the store.
    pub(super) async fn carry(&self, leased: Box<Leased>, holder: &Holder) -> (Load, UnixMillis) {
        let mut held = Carried { leased, holder };
        let id = held.leased.lease.id;
        let ended = match self.prepare(&mut held.leased).await {
            Ok(Prepared::Ready(outgoing)) => self.try_once(&held, outgoing).await,
            Ok(Prepared::Over(verdict)) => {
                let now = self.deps.clock.now();
                self.conclude(&held, None, verdict).await.map(|()| (Load::Nothing, now))
            }
            Ok(Prepared::Paused(wait)) => {
                self.give_back_now(&[(held.holder.lease(), wait)]).await;
                return (Load::Nothing, self.deps.clock.now());
            }
            Err(error) => {
                tracing::warn!(delivery = %id, error = %error, "courier.not_prepared");
                // What cannot be read is not asked for every second: the lease lapses.
                if !matches!(error, StoreError::Damaged(_)) {
                    self.give_back_now(&[(held.holder.lease(), TROUBLE)]).await;
                }
                return (Load::Nothing, self.deps.clock.now());
            }
        };
        ended.unwrap_or_else(|error| {
            // Nothing is known to be written: the lease lapses, and somebody tries again.
            tracing::warn!(delivery = %id, error = %error, "courier.not_reported");
            (Load::Nothing, self.deps.clock.now())
        })
    }

    /// Finds out whether there is something to send, and writes it. Nothing is sent yet.
    async fn prepare(&self, leased: &mut Leased) -> Result<Prepared> {
        let merchant = match leased.lease.id.target {
            Target::Callback(_) => None,
            Target::WebhookEndpoint(_) => self.deps.store.merchant(leased.lease.merchant).await?,
        };
        if let Some(saved) = merchant.as_ref().and_then(|merchant| saved_of(merchant, &leased.context)) {
            let delivery = &mut leased.context.delivery;
            if saved.paused {
                return Ok(Prepared::Paused(looked_again(delivery.since, self.deps.clock.now())));
            }
            // The time during which it had to wait is not its receiver's.
            delivery.since = delivery.since.max(saved.resumed_at.unwrap_or(delivery.since));
        }
        if leased.context.delivery.is_worn_out(self.deps.clock.now()) {
            return Ok(Prepared::Over(Verdict::Dead));
        }
        // Where a 410 is an answer like any other, nobody has shut it.
        if self.delivery_policy(&leased.context).gone && self.is_shut(endpoint(leased)).await? {
            return Ok(Prepared::Over(Verdict::Gone));
        }
        Ok(Prepared::Ready(self.write(&leased.context, merchant.as_ref())))
    }

    /// Whether an endpoint has said that it is gone, as it was a second ago at the earliest.
    async fn is_shut(&self, endpoint: Digest) -> Result<bool> {
        if self.open_endpoints.has(&endpoint) {
            return Ok(false);
        }
        let is_shut = self.deps.store.is_shut(&endpoint).await?;
        if !is_shut {
            self.open_endpoints.add(endpoint);
        }
        Ok(is_shut)
    }

    async fn try_once(
        &self,
        held: &Carried<'_>,
        outgoing: Result<OutgoingRequest, Unwritable>,
    ) -> Result<(Load, UnixMillis)> {
        let context = &held.leased.context;
        let policy = self.delivery_policy(context);
        let (attempt, record) = self.attempt(context, &policy, outgoing).await;
        let now = self.deps.clock.now();
        let verdict = attempt.judge(&context.delivery, &policy, now, self.deps.clock.draw());
        if verdict == Verdict::Gone {
            let endpoint = endpoint(&held.leased);
            self.deps.store.shut(&endpoint).await?;
            self.open_endpoints.remove(&endpoint);
        }
        self.conclude(held, Some(&record), verdict).await?;
        Ok((load(&attempt, verdict), now))
    }

    /// How its journey's dialect wants it delivered.
    fn delivery_policy(&self, context: &DeliveryContext) -> DeliveryPolicy {
        let target = context.delivery.id.target;
        self.dialect(context).map_or(DeliveryPolicy::STANDARD, |dialect| dialect.delivery_policy(target))
    }

    fn dialect(&self, context: &DeliveryContext) -> Option<&dyn Dialect> {
        self.deps.dialect(&context.journey.opening().dialect).ok()
    }

    /// Makes the request, and answers what came of it, and what is kept of it.
    async fn attempt(
        &self,
        context: &DeliveryContext,
        policy: &DeliveryPolicy,
        outgoing: Result<OutgoingRequest, Unwritable>,
    ) -> (Attempt, AttemptRecord) {
        let at = self.deps.clock.now();
        let deadline = policy.deadline(context.delivery.tries).min(DeliveryPolicy::LONGEST);
        let began = Instant::now();
        let Answered { attempt_result, retry_after, body } = match outgoing {
            Ok(outgoing) => {
                let attempt = self.sender.send(&outgoing, deadline);
                let answered = self.hanging.wait_for(context.journey.opening().merchant, attempt).await;
                answered.unwrap_or_else(|| {
                    tracing::info!(delivery = %context.delivery.id, "courier.cut_short");
                    Answered { attempt_result: AttemptResult::Unanswered, retry_after: None, body: CUT_SHORT.into() }
                })
            }
            Err(unwritable) => {
                tracing::warn!(delivery = %context.delivery.id, reason = %unwritable, "courier.unwritable");
                let body = unwritable.to_string().into_bytes();
                Answered { attempt_result: AttemptResult::Refused, retry_after: None, body }
            }
        };
        let record = AttemptRecord::new(at, began.elapsed(), attempt_result, &body);
        let retry_after = retry_after.and_then(|text| read_retry_after(&text, self.deps.clock.now()));
        (Attempt { attempt_result, received: policy.success.is_met_by(attempt_result, &body), retry_after }, record)
    }

    fn write(&self, context: &DeliveryContext, merchant: Option<&Merchant>) -> Result<OutgoingRequest, Unwritable> {
        let dialect = self.dialect(context).ok_or(Unwritable::Wordless)?;
        if let Target::Callback(_) = context.delivery.id.target {
            return OutgoingRequest::callback(context, dialect, &self.deps.keys);
        }
        let (keys, merchant) = (&self.deps.keys, merchant.ok_or(Unwritable::Unsigned)?);
        let id = merchant.id;
        let (now, open) = (self.deps.clock.now(), |sealed: &_| keys.open_text(sealed, id.as_bytes()));
        // The newest, or none: a receiver may know no other by now.
        let secrets: Vec<_> = merchant.signing_secret.valid(now).map_while(open).collect();
        if secrets.is_empty() {
            return Err(Unwritable::Unsigned);
        }
        let pair =
            keys.open(merchant.webhook_key.known(now), id.as_bytes()).and_then(|seed| WebhookKey::of_seed(&seed));
        let webhook_key = |text: &[u8]| pair.as_ref().map(|pair| pair.sign(text));
        if context.journey.opening().purpose.job().is_some() {
            return OutgoingRequest::job(context, dialect, keys, (&secrets, now));
        }
        let signing = Signing { secrets: &secrets, webhook_key: &webhook_key, open: &open };
        let mut outgoing = OutgoingRequest::webhook(context, dialect, &signing, now)?;
        if let Some(saved) = saved_of(merchant, context) {
            add_headers(&mut outgoing, saved, (keys, merchant))?;
        }
        Ok(outgoing)
    }

    async fn conclude(&self, held: &Carried<'_>, attempt: Option<&AttemptRecord>, verdict: Verdict) -> Result<()> {
        self.tell_trouble(&held.leased, verdict, self.deps.clock.now()).await;
        let (id, tries) = (held.leased.lease.id, held.leased.context.delivery.tries);
        let attempt_result = attempt.map(AttemptRecord::result);
        if let Some(attempt_result) = attempt_result {
            self.watcher.saw(Event::Tried(attempt_result));
        }
        if !self.report(held, attempt, verdict).await? {
            self.watcher.saw(Event::FencedOff);
            tracing::info!(delivery = %id, "courier.fenced_off");
            return Ok(());
        }
        self.watcher.saw(Event::Judged(verdict));
        match verdict {
            Verdict::Delivered => tracing::debug!(delivery = %id, tries, "courier.delivered"),
            Verdict::Retry(wait) => tracing::debug!(delivery = %id, tries, ?attempt_result, ?wait, "courier.put_off"),
            Verdict::Gone => tracing::info!(delivery = %id, "courier.gone"),
            Verdict::Dead => tracing::info!(delivery = %id, tries, ?attempt_result, "courier.dead"),
        }
        Ok(())
    }

    /// Reports with the lease as it is held, also when it has just been taken anew.
    async fn report(&self, held: &Carried<'_>, attempt: Option<&AttemptRecord>, verdict: Verdict) -> Result<bool> {
        loop {
            let lease = held.holder.lease();
            if self.deps.store.report(&lease, attempt, verdict).await? {
                return Ok(true);
            }
            if held.holder.lease() == lease {
                return Ok(false);
            }
        }
    }
}

/// A leased delivery, and by whom it is held by now.
struct Carried<'a> {
    leased: Box<Leased>,
    holder: &'a Holder,
}

/// What was found before anything is sent.
enum Prepared {
    /// This is to be sent, or cannot be written.
    Ready(Result<OutgoingRequest, Unwritable>),
    /// Nothing is: it has ended so.
    Over(Verdict),
    /// Nothing is: its endpoint is paused, and it is looked at again after this time.
    Paused(Duration),
}

/// The endpoint that a delivery goes to, as stores remember it.
fn endpoint(leased: &Leased) -> Digest {
    receiver_name(leased.lease.merchant, place(leased))
}

/// Its URL without what stands behind the path: whatever that is, it is the same endpoint.
pub(super) fn place(leased: &Leased) -> &str {
    leased.context.journey.opening().plan.url_of(leased.lease.id.target).map_or("", CallbackUrl::without_query)
}

/// What an attempt was to its receiver: only what means that nobody is there, or that there is too much to do, slows
/// the others.
fn load(attempt: &Attempt, verdict: Verdict) -> Load {
    let asks = attempt.attempt_result == AttemptResult::Status(429) || attempt.retry_after.is_some();
    match attempt.attempt_result {
        _ if verdict == Verdict::Delivered => Load::Received,
        // What was not sent for reasons of our own weighs upon nobody.
        AttemptResult::Refused => Load::Nothing,
        AttemptResult::Unanswered => Load::Hung,
        attempt_result if !attempt_result.is_absence() => Load::Answered,
        _ if asks => {
            let (shortest, longest) = Attempt::RETRY_AFTER;
            Load::LeaveAlone(attempt.retry_after.unwrap_or(Attempt::RESPITE).clamp(shortest, longest))
        }
        _ => Load::Away,
    }
}

/// Reads `Retry-After`: seconds, or a date (RFC 9110, 10.2.3). A fraction, which some servers send, is rounded up.
fn read_retry_after(text: &str, now: UnixMillis) -> Option<Duration> {
    let text = text.trim();
    if let Some(wait) = whole_seconds(text) {
        return Some(wait);
    }
    if let Some((whole, fraction)) = text.split_once('.') {
        return Some(
            whole_seconds(whole)?.saturating_add(Duration::from_secs(whole_seconds(fraction)?.as_secs().min(1))),
        );
    }
    let at = read_date(text)?.as_millisecond();
    Some(u64::try_from(at).map_or(Duration::ZERO, |at| UnixMillis::from_millis(at).since(now)))
}

/// Reads a date in any of the three forms that HTTP knows (RFC 9110, 5.6.7). One beyond the end of time is the end of
/// time.
fn read_date(text: &str) -> Option<Timestamp> {
    if let Ok(date) = jiff::fmt::rfc2822::parse(text) {
        return Some(date.timestamp());
    }
    let forms = ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    let date = forms.iter().find_map(|form| jiff::civil::DateTime::strptime(form, text).ok())?;
    Some(date.to_zoned(jiff::tz::TimeZone::UTC).map_or(Timestamp::MAX, |date| date.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_absence_and_overload_slow_a_receiver_down() {
        let (again, minute) = (Verdict::Retry(Duration::from_secs(5)), Duration::from_mins(1));
        let of = |attempt_result, retry_after, verdict| {
            load(&Attempt { attempt_result, received: false, retry_after }, verdict)
        };
        for (attempt_result, asked, expected) in [
            (AttemptResult::Refused, None, Load::Nothing),
            (AttemptResult::Unreachable, None, Load::Away),
            (AttemptResult::Unanswered, None, Load::Hung),
            (AttemptResult::Status(429), None, Load::LeaveAlone(minute)),
            (AttemptResult::Status(429), Some(7), Load::LeaveAlone(Duration::from_secs(7))),
            (AttemptResult::Status(502), None, Load::Away),
            (AttemptResult::Status(503), None, Load::Away),
            (AttemptResult::Status(504), None, Load::Away),
            (AttemptResult::Status(503), Some(7), Load::LeaveAlone(Duration::from_secs(7))),
            (AttemptResult::Status(503), Some(1_000_000), Load::LeaveAlone(Duration::from_hours(24))),
            (AttemptResult::Status(500), None, Load::Answered),
            (AttemptResult::Status(500), Some(7), Load::Answered),
            (AttemptResult::Status(501), None, Load::Answered),
            (AttemptResult::Status(505), None, Load::Answered),
            (AttemptResult::Status(400), None, Load::Answered),
            (AttemptResult::Status(404), None, Load::Answered),
            (AttemptResult::Status(301), None, Load::Answered),
            // One that wants a body which was not there.
            (AttemptResult::Status(200), None, Load::Answered),
        ] {
            for verdict in [again, Verdict::Dead] {
                assert_eq!(
                    of(attempt_result, asked.map(Duration::from_secs), verdict),
                    expected,
                    "{attempt_result:?} {asked:?}"
                );
            }
        }
        assert_eq!(of(AttemptResult::Status(410), None, Verdict::Gone), Load::Answered);
        assert_eq!(of(AttemptResult::Status(200), None, Verdict::Delivered), Load::Received);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        // 2026-11-20T15:00:00Z
        let now = UnixMillis::from_millis(1_795_186_800_000);
        let seconds = |text| read_retry_after(text, now).map(|wait| wait.as_secs());
        assert_eq!(seconds("120"), Some(120));
        assert_eq!(seconds(" 0 "), Some(0));
        assert_eq!(seconds("Fri, 20 Nov 2026 15:02:00 GMT"), Some(120));
        assert_eq!(seconds("Fri, 20 Nov 2026 14:02:00 GMT"), Some(0));
        for bad in ["", "-1", "soon", "1.", ".5", "1.5.5", "1,5", "+5"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_receiver_that_asks_for_more_time_than_fits_is_left_alone_for_the_longest() {
        // 2026-11-20T15:00:00Z
        let now = UnixMillis::from_millis(1_795_186_800_000);
        let longest = Attempt::RETRY_AFTER.1;
        for text in [
            "99999999999999999999",
            "18446744073709551615",
            "00000000000000000000000009999999",
            "99999999999999999999.5",
            "315360000",
            "Thu, 01 Jan 2099 00:00:00 GMT",
            "Fri, 31 Dec 9999 23:59:59 GMT",
        ] {
            let wait = read_retry_after(text, now).unwrap_or_else(|| panic!("{text} is taken as absent"));
            assert_eq!(wait.clamp(Attempt::RETRY_AFTER.0, longest), longest, "{text}");
        }
        for (text, expected) in [
            ("1.5", 2),
            ("120.0", 120),
            ("0.2", 1),
            ("Friday, 20-Nov-26 15:02:00 GMT", 120),
            ("Fri Nov 20 15:02:00 2026", 120),
            ("Sun Nov  6 08:49:37 1994", 0),
            ("Wed, 31 Dec 1969 23:59:59 GMT", 0),
        ] {
            assert_eq!(read_retry_after(text, now), Some(Duration::from_secs(expected)), "{text}");
        }
    }
}
