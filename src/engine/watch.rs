//! WATCH: merchants' callbacks are looked at every minute, where they want that, and customers of one that is down get
//! our page with a button instead of a redirect.
//!
//! Who looks: the node that reserves the minute first. What it finds stands in the store, and each node reads that
//! every few seconds ([`learn`]), so that no return asks for it. Whether a hand-back goes by the button is decided in
//! the step that concludes, and frozen there (`with_button_if_down`).

use std::collections::{HashMap, HashSet, hash_map::Entry};
use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _};
use url::Url;

use crate::domain::feed::TROUBLE_QUIET;
use crate::domain::merchant::Standing;
use crate::domain::{
    FeedEvent, Journey, Look, Merchant, MerchantId, Outcome, PlannedCallback, UnixMillis, WatchedCallback,
};
use crate::engine::deps::{Deps, Result};
use crate::keys::digest;
use crate::store::{Kept, Reservation, Reserved, Trouble};

/// How often a watched callback is looked at, in milliseconds.
const EVERY: u64 = 60_000;

/// How many are looked at at the same time.
const AT_ONCE: usize = 32;

/// Learns which callbacks are down.
///
/// # Errors
/// When the store is in trouble.
pub async fn learn(deps: &Deps) -> Result<()> {
    deps.down.learn(&deps.store.watched().await?);
    Ok(())
}

/// Looks at all that are watched, if this minute is still nobody's. `tried` is the last minute that this node has asked
/// for.
///
/// # Errors
/// When the store is in trouble.
pub async fn look(deps: &Deps, tried: &mut u64) -> Result<()> {
    let now = deps.clock.now();
    let minute = now.as_millis() / EVERY;
    if minute == *tried {
        return Ok(());
    }
    let watched = deps.store.watched().await?;
    *tried = minute;
    if watched.is_empty() || !reserve(deps, minute).await? {
        return Ok(());
    }
    let watched = forget_unwatched(deps, watched, now).await?;
    let looked: Vec<(WatchedCallback, Look)> = stream::iter(watched)
        .map(async |callback| {
            let look = deps.examiner.look(&callback.url).await;
            (callback, look)
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    if says_more_of_us(&looked) {
        tracing::warn!(callbacks = looked.len(), "watch.nothing_answers");
        return Ok(());
    }
    for (callback, look) in looked {
        let Some(next) = callback.after(look, deps.clock.now()) else { continue };
        deps.store.note_standing(&next).await?;
        let merchant = next.merchant;
        match (callback.down_since, next.down_since) {
            (None, Some(_)) => tracing::warn!(%merchant, "callback.down"),
            (Some(_), None) => tracing::info!(%merchant, "callback.up"),
            (None, None) | (Some(_), Some(_)) => {}
        }
    }
    learn(deps).await
}

/// Reserves a minute for this node. The same minute is nobody else's then.
async fn reserve(deps: &Deps, minute: u64) -> Result<bool> {
    let key = digest("a minute of watching callbacks", &minute.to_be_bytes());
    let reservation = Reservation { key, request: key, kept: Kept::ADay };
    Ok(deps.store.reserve(&reservation).await? == Reserved::Fresh)
}

/// Forgets those that their merchants no longer watch, and answers the others. A new one may stand here just before its profile is
/// written.
async fn forget_unwatched(deps: &Deps, watched: Vec<WatchedCallback>, now: UnixMillis) -> Result<Vec<WatchedCallback>> {
    let mut merchants: HashMap<MerchantId, Option<Merchant>> = HashMap::new();
    let mut still = Vec::with_capacity(watched.len());
    for callback in watched {
        let merchant = match merchants.entry(callback.merchant) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(deps.store.merchant(callback.merchant).await?),
        };
        if let Some(merchant) = merchant.as_ref().filter(|merchant| merchant.callbacks.watches(&callback.url)) {
            // One that is shut out may be let in again.
            if merchant.standing == Standing::Active {
                still.push(callback);
            }
        } else if now.since(callback.since).as_millis() > EVERY.into() {
            deps.store.unwatch(&callback).await?;
        }
    }
    Ok(still)
}

/// Whether nothing answers that did, at several hosts at once: then it is this node that cannot get out.
fn says_more_of_us(looked: &[(WatchedCallback, Look)]) -> bool {
    let up = || looked.iter().filter(|(callback, _)| callback.down_since.is_none());
    let host =
        |callback: &WatchedCallback| Url::parse(callback.url.without_query()).ok()?.host_str().map(str::to_owned);
    let hosts: HashSet<_> = up().filter_map(|(callback, _)| host(callback)).collect();
    hosts.len() > 1 && up().all(|(_, look)| *look == Look::InTrouble)
}

/// A journey that has just ended with this outcome, or goes home before one, with the decision whether its hand-back of
/// this number goes by a button. It belongs to the step that ends it.
pub(super) fn with_button_if_down(deps: &Deps, journey: Journey, outcome: Option<Outcome>, number: u8) -> Journey {
    // Who was led home before is led there again.
    if down_since(deps, &journey, outcome).is_none() || journey.was_handed_back_early() {
        return journey;
    }
    journey.by_button(number)
}

/// Since when the callback is down where a browser would be redirected with this outcome. What opens an app has a
/// button anyway.
fn down_since(deps: &Deps, journey: &Journey, outcome: Option<Outcome>) -> Option<UnixMillis> {
    let opening = journey.opening();
    let entry = opening.plan.destination_for(outcome)?;
    let is_saved = |entry: &PlannedCallback| entry.slot.is_some() && !entry.needs_page(opening.settings.app_links);
    deps.down.since(opening.merchant, &entry.url).filter(|_| is_saved(entry))
}

/// Whether the callback of a journey is down now. If so, its merchant's feed gets an entry with this journey; the caller
/// does not wait for that.
pub fn tell_if_down(deps: &Arc<Deps>, journey: &Journey) -> bool {
    let outcome = journey.final_outcome().map(|final_outcome| final_outcome.outcome);
    if down_since(deps, journey, outcome).is_none() {
        return false;
    }
    let (deps, journey) = (Arc::clone(deps), journey.clone());
    tokio::spawn(async move {
        let Some(entry) = journey.opening().plan.destination_for(outcome) else { return };
        let trouble = Trouble {
            merchant: journey.opening().merchant,
            pay_id: journey.pay_id(),
            event: FeedEvent::CallbackDown,
            with: entry.url.without_query(),
            quiet: TROUBLE_QUIET,
        };
        if let Err(error) = deps.store.tell_trouble(trouble).await {
            tracing::warn!(error = %error, "watch.trouble");
        }
    });
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{CallbackUrl, Rules};

    #[test]
    fn what_nothing_at_several_hosts_answers_says_more_of_this_node() {
        let now = UnixMillis::from_millis(1);
        let looked = |host: &str, is_down: bool, look| {
            let url = CallbackUrl::parse(&format!("https://{host}/cb"), &Rules::default()).unwrap();
            let up = WatchedCallback::up(MerchantId::mint([1; 16]), url, now);
            (WatchedCallback { down_since: is_down.then_some(now), ..up }, look)
        };
        let (answered, in_trouble) = (Look::Answered, Look::InTrouble);
        for (all, expected) in [
            (vec![], false),
            (vec![looked("a.example", false, in_trouble)], false),
            (vec![looked("a.example", false, in_trouble), looked("a.example", false, in_trouble)], false),
            (vec![looked("a.example", false, in_trouble), looked("b.example", false, in_trouble)], true),
            (vec![looked("a.example", false, in_trouble), looked("b.example", false, answered)], false),
            (vec![looked("a.example", false, in_trouble), looked("b.example", true, in_trouble)], false),
        ] {
            assert_eq!(says_more_of_us(&all), expected, "{all:?}");
        }
    }
}
