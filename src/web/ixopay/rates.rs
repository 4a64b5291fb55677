//! How often the status may be asked for (contracts/ixopay.md, section 1): 60 times in 60 s by a user, 10 times in 60 s
//! for a transaction, in any 60 s.

use crate::domain::{MerchantId, PayId, UnixMillis};
use crate::web::rates::{Rate, Reached};

/// How often a user may ask in a minute, and how often for one transaction.
const BY_USER: usize = 60;
const BY_TRANSACTION: usize = 10;

/// The questions of the last minute.
pub struct Rates {
    users: Rate<MerchantId>,
    transactions: Rate<PayId>,
}

impl Default for Rates {
    fn default() -> Self {
        Self { users: Rate::new(BY_USER), transactions: Rate::new(BY_TRANSACTION) }
    }
}

impl Rates {
    /// Counts a question of a user, whatever it is about.
    ///
    /// # Errors
    /// When it is one too many.
    pub(super) fn count_user(&self, merchant: MerchantId, now: UnixMillis) -> Result<(), Reached> {
        self.users.count(merchant, now)
    }

    /// Counts a question about a transaction, however it was named.
    ///
    /// # Errors
    /// When it is one too many.
    pub(super) fn count_transaction(&self, transaction: PayId, now: UnixMillis) -> Result<(), Reached> {
        self.transactions.count(transaction, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::from_millis(1_800_000_000_000);

    #[test]
    fn a_user_asks_sixty_times_a_minute_and_ten_times_for_a_transaction() {
        let (rates, pay_id) = (Rates::default(), PayId::new(1).unwrap());
        let merchant = |byte| MerchantId::mint([byte; 16]);
        for _ in 0..60 {
            assert_eq!(rates.count_user(merchant(1), NOW), Ok(()));
        }
        assert_eq!(rates.count_user(merchant(1), NOW), Err(Reached { limit: 60, retry_seconds: 60 }));
        assert_eq!(rates.count_user(merchant(2), NOW), Ok(()));
        for _ in 0..10 {
            assert_eq!(rates.count_transaction(pay_id, NOW), Ok(()));
        }
        assert_eq!(rates.count_transaction(pay_id, NOW), Err(Reached { limit: 10, retry_seconds: 60 }));
    }
}
