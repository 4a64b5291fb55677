//! What the stores' benches share: journeys, the steps that conclude them, and callers that take these at the same
//! time.

#![allow(dead_code, reason = "not every bench needs every tool")]

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use handback::clock::{Clock, SystemClock};
use handback::domain::callback::{CallbackUrl, DeviceUrls, Placement, Rules};
use handback::domain::dialect_data::DialectData;
use handback::domain::id::{JourneyId, MerchantId, Shard};
use handback::domain::journey::{BegunVisit, Cancel, Checkout, Journey, LedTo, Opening, Purpose, ResponseId, Wanted};
use handback::domain::merchant::{MerchantName, Settings};
use handback::domain::moment::UnixMillis;
use handback::domain::money::{Amount, Currency};
use handback::domain::plan::{CallbackPlan, PlannedCallback};
use handback::domain::secret::Digest;
use handback::domain::token::MintedToken;
use handback::store::record::{read_journey, write_journey};
use handback::store::{Journeys, Opened, Step, Taken};

pub type Trouble = Box<dyn Error + Send + Sync>;

/// Opens these journeys, one after the other; the answer is those whose customers left for the bank, all or none.
pub async fn open_all<S: Journeys>(
    store: Arc<S>,
    journeys: Vec<Journey>,
    leaves: bool,
) -> Result<Vec<Journey>, Trouble> {
    let mut away = Vec::new();
    for journey in journeys {
        if store.open(&journey, &[], None).await? != Opened::New {
            return Err("a journey was not opened".into());
        }
        if leaves {
            away.push(leave(&*store, journey).await?);
        }
    }
    Ok(away)
}

async fn leave(store: &impl Journeys, journey: Journey) -> Result<Journey, Trouble> {
    let BegunVisit::New(journey, _) = journey.begin_visit(None, SystemClock.now()) else {
        return Err("a fresh journey did not leave".into());
    };
    match store.take(&Step::to(journey.clone())).await? {
        Taken::Done => Ok(journey),
        other => Err(format!("a customer did not leave: {other:?}").into()),
    }
}

/// Concludes one after the other; the answer is how long each of them took.
pub async fn conclude_all<S: Journeys>(store: Arc<S>, steps: Vec<Step>) -> Result<Vec<Duration>, Trouble> {
    let mut waits = Vec::with_capacity(steps.len());
    for step in steps {
        let begun = Instant::now();
        if store.take(&step).await? != Taken::Done {
            return Err("a final outcome was lost".into());
        }
        waits.push(begun.elapsed());
    }
    Ok(waits)
}

/// Shares all of this out to so many callers at the same time, and collects what they bring.
pub async fn share_out<T, R, W>(all: Vec<T>, callers: usize, work: impl Fn(Vec<T>) -> W) -> Result<Vec<R>, Trouble>
where
    R: Send + 'static,
    W: Future<Output = Result<Vec<R>, Trouble>> + Send + 'static,
{
    let mut shares: Vec<Vec<T>> = (0..callers).map(|_| Vec::new()).collect();
    for (n, one) in all.into_iter().enumerate() {
        shares[n % callers].push(one);
    }
    let tasks: Vec<_> = shares.into_iter().map(|share| tokio::spawn(work(share))).collect();
    let mut brought = Vec::new();
    for task in tasks {
        brought.extend(task.await??);
    }
    Ok(brought)
}

/// A quantile of these waits, which are sorted, in milliseconds.
pub fn quantile(waits: &[Duration], share: f64) -> f64 {
    waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0
}

pub fn journey(merchant: MerchantId, now: UnixMillis) -> Result<Journey, Trouble> {
    let id: [u8; 16] = rand::random();
    let url = CallbackUrl::parse("https://shop.example/checkout/return?order=71829", &Rules::default())?;
    Ok(Journey::open(Opening {
        id: JourneyId::mint(id, Shard::of_byte(id[7])),
        merchant,
        merchant_name: MerchantName::parse("A shop of some size")?,
        dialect: "secpaid".into(),
        provider: "sandbox".into(),
        key: "k1".into(),
        purpose: Purpose::Checkout(Checkout {
            wanted: Wanted::Payment(Amount::parse("25.90", Currency::EUR)?),
            institution: None,
            note: "order 71829".into(),
            cancel: Cancel::Offered,
            payee: None,
            repeats: None,
        }),
        dialect_data: DialectData::default(),
        plan: CallbackPlan {
            destination: Some(PlannedCallback {
                url,
                params_in: Placement::Query,
                slot: None,
                device_urls: DeviceUrls::default(),
            }),
            ..CallbackPlan::default()
        },
        settings: Settings::default().frozen(),
        opened_at: now,
        expires_at: now.plus(Duration::from_hours(24)),
        mode: None,
        choices: Vec::new(),
        marks: None,
        popup: None,
    }))
}

/// What a bank's proof leaves of a journey: the step that concludes it as paid.
///
/// Only this program's own banks can make a fact, and there is none here. So the final outcome is written into the
/// record, into the empty list before what only a consent has: `[[0 (paid), at, {"B": nil}]]`.
pub fn final_outcome(away: Journey) -> Result<Step, Trouble> {
    final_outcome_at(away, SystemClock.now())
}

/// [`final_outcome`] at another time.
pub fn final_outcome_at(away: Journey, now: UnixMillis) -> Result<Step, Trouble> {
    let response_id = ResponseId { visit: 0, response_digest: rand::random() };
    let answered = away.remember(response_id, LedTo::Outcome(0), now).ok_or("it had been answered")?;
    ended_at(&answered, 0, now)
}

/// The step that concludes a journey as it stands with this outcome, as records number them: 0 is paid, 3 failed.
pub fn ended_at(journey: &Journey, outcome: u8, now: UnixMillis) -> Result<Step, Trouble> {
    let mut record = write_journey(journey)?;
    // No final outcomes, reopenings, grant, operations, result, late refund, hand-backs by button, or visits on a phone.
    let end = [0x90, 0x90, 0xc0, 0x90, 0xc0, 0xc0, 0x90, 0x90];
    if !record.ends_with(&end) {
        return Err("a record does not end as it did".into());
    }
    record.truncate(record.len() - end.len());
    record.extend([0x91, 0x93, outcome, 0xcf]);
    record.extend(now.as_millis().to_be_bytes());
    record.extend([0x81, 0xa1, b'B', 0xc0]);
    record.extend(&end[1..]);
    let token = MintedToken { digest: Digest::new(rand::random()), life: Duration::from_mins(5) };
    Ok(Step::to(read_journey(&record)?).with_token(Some(token)))
}
