//! Attempts that hang: how many there may be, and which one ends when another begins to hang.
//!
//! An attempt hangs once it has been under way for a second. While few do, each may take as long as its policy allows.
//! When they have all the places that they may have, the next one to hang takes the place of one that ends early, as
//! one that was not answered: of the merchant with the most of them, the one that has hung the longest. So nobody waits
//! for a receiver that hangs, and a merchant whose servers hang by the hundred cuts its own attempts short, not those
//! of a merchant with a single server that is slow.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::queues::HANDS;
use super::receiver::PROMPT;
use crate::domain::MerchantId;

/// How many attempts may hang. A quarter of all places is for receivers that do not answer, and a quarter of these is
/// left to attempts that will hang, and have not been under way for a second yet.
pub const MOST: usize = HANDS / 4 * 3 / 4;

/// The attempts of one courier that hang.
#[derive(Debug, Default)]
pub struct HangingAttempts(Mutex<ByMerchant>);

/// Each merchant's attempts that hang, by the order in which they began to.
#[derive(Debug, Default)]
struct ByMerchant {
    attempts: HashMap<MerchantId, BTreeMap<u64, oneshot::Sender<()>>>,
    count: usize,
    next: u64,
}

/// One attempt that hangs; it gives its place up when it is dropped.
struct Place<'a> {
    hanging: &'a HangingAttempts,
    merchant: MerchantId,
    number: u64,
}

impl HangingAttempts {
    /// Waits for an attempt of this merchant to end; `None` when it was ended, because too many hang.
    pub async fn wait_for<T>(&self, merchant: MerchantId, attempt: impl Future<Output = T>) -> Option<T> {
        let mut attempt = std::pin::pin!(attempt);
        if let Ok(ended) = tokio::time::timeout(PROMPT, &mut attempt).await {
            return Some(ended);
        }
        let (_place, cut_short) = self.begin(merchant);
        tokio::select! {
            biased;
            ended = attempt => Some(ended),
            _ = cut_short => None,
        }
    }

    /// How many attempts hang.
    pub fn count(&self) -> usize {
        self.by_merchant().count
    }

    /// An attempt of this merchant begins to hang. What is answered with its place comes when it must end.
    fn begin(&self, merchant: MerchantId) -> (Place<'_>, oneshot::Receiver<()>) {
        let mut by_merchant = self.by_merchant();
        if by_merchant.count >= MOST {
            by_merchant.end_one();
        }
        let (end, cut_short) = oneshot::channel();
        let number = by_merchant.next;
        by_merchant.next += 1;
        by_merchant.count += 1;
        by_merchant.attempts.entry(merchant).or_default().insert(number, end);
        (Place { hanging: self, merchant, number }, cut_short)
    }

    fn by_merchant(&self) -> MutexGuard<'_, ByMerchant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ByMerchant {
    /// Ends the attempt that has hung the longest, of the merchant that has the most; of several such merchants, of the
    /// one whose has.
    fn end_one(&mut self) {
        let longest = |own: &BTreeMap<u64, _>| own.first_key_value().map(|(number, _)| *number);
        let most = self.attempts.iter().max_by_key(|(_, own)| (own.len(), Reverse(longest(own))));
        let Some((merchant, Some(number))) = most.map(|(merchant, own)| (*merchant, longest(own))) else { return };
        // Its end may have come by itself just now; then nobody waits for this one.
        let _ = self.remove(merchant, number).map(|end| end.send(()));
    }

    fn remove(&mut self, merchant: MerchantId, number: u64) -> Option<oneshot::Sender<()>> {
        let own = self.attempts.get_mut(&merchant)?;
        let end = own.remove(&number)?;
        if own.is_empty() {
            self.attempts.remove(&merchant);
        }
        self.count -= 1;
        Some(end)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.hanging.by_merchant().remove(self.merchant, self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANY: MerchantId = MerchantId::from_bytes([1; 16]);
    const FEW: MerchantId = MerchantId::from_bytes([2; 16]);

    /// The places of those that go on, of those that began, in their order.
    fn going_on(begun: &mut [(Place<'_>, oneshot::Receiver<()>)]) -> Vec<usize> {
        let going_on = begun.iter_mut().enumerate().filter_map(|(n, (_, cut_short))| {
            matches!(cut_short.try_recv(), Err(oneshot::error::TryRecvError::Empty)).then_some(n)
        });
        going_on.collect()
    }

    #[test]
    fn one_more_ends_the_one_that_has_hung_the_longest_of_the_merchant_with_the_most() {
        let hanging = HangingAttempts::default();
        let mut begun = vec![hanging.begin(FEW), hanging.begin(FEW)];
        begun.extend((2..MOST).map(|_| hanging.begin(MANY)));
        assert_eq!((hanging.count(), going_on(&mut begun).len()), (MOST, MOST), "all of them may hang");
        for ended in 2..10 {
            begun.push(hanging.begin(if ended % 2 == 0 { MANY } else { FEW }));
            assert_eq!(hanging.count(), MOST);
            assert!(going_on(&mut begun).into_iter().eq((0..2).chain(ended + 1..begun.len())), "{ended}");
        }
        drop(begun);
        assert_eq!((hanging.count(), hanging.by_merchant().attempts.len()), (0, 0), "nothing is remembered");
    }

    #[test]
    fn among_merchants_with_as_many_the_one_that_has_hung_the_longest_ends() {
        let hanging = HangingAttempts::default();
        let merchant = |n: usize| MerchantId::from_bytes([u8::try_from(n % 128).unwrap(); 16]);
        let mut begun: Vec<_> = (0..MOST).map(|n| hanging.begin(merchant(n))).collect();
        // Another merchant's; then each has as many as before, or one less.
        begun.push(hanging.begin(MerchantId::from_bytes([255; 16])));
        assert_eq!(going_on(&mut begun), (1..=MOST).collect::<Vec<_>>());
        begun.push(hanging.begin(MerchantId::from_bytes([255; 16])));
        assert_eq!(going_on(&mut begun), (2..MOST + 2).collect::<Vec<_>>());
    }

    #[test]
    fn an_attempt_that_ends_by_itself_leaves_its_place() {
        let hanging = HangingAttempts::default();
        let mut begun: Vec<_> = (0..MOST).map(|_| hanging.begin(MANY)).collect();
        drop(begun.remove(7));
        begun.push(hanging.begin(FEW));
        assert_eq!((hanging.count(), going_on(&mut begun).len()), (MOST, MOST));
    }

    #[tokio::test]
    async fn what_ends_within_a_second_never_hangs() {
        let hanging = HangingAttempts::default();
        assert_eq!(hanging.wait_for(MANY, async { hanging.count() }).await, Some(0));
    }
}
