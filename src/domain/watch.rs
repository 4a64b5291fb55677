//! Watched callbacks: looked at every minute, so that customers are not sent to a server that does not answer.

use crate::domain::{CallbackUrl, MerchantId, UnixMillis};

/// A callback that is watched, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedCallback {
    /// Whose it is.
    pub merchant: MerchantId,
    /// Where it is. Whatever stands behind its path, it is the same place.
    pub url: CallbackUrl,
    /// Since when it is watched.
    pub since: UnixMillis,
    /// How often in a row it was in trouble, up to [`WatchedCallback::IN_A_ROW`].
    pub troubles: u8,
    /// Since when it is down; `None` while it is up.
    pub down_since: Option<UnixMillis>,
}

/// What a look at a watched callback came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A server has answered, and not that it is in trouble.
    Answered,
    /// No server has answered, or one that says that it is in trouble.
    InTrouble,
    /// It was not asked, for a reason of this gateway's own.
    Unknown,
}

impl WatchedCallback {
    /// After how many troubles in a row it is down.
    pub const IN_A_ROW: u8 = 3;

    /// One that is watched from now on, and is up.
    pub const fn up(merchant: MerchantId, url: CallbackUrl, now: UnixMillis) -> Self {
        Self { merchant, url, since: now, troubles: 0, down_since: None }
    }

    /// How it stands after this look. `None` where that changes nothing.
    #[must_use]
    pub fn after(&self, look: Look, now: UnixMillis) -> Option<Self> {
        let next = match look {
            Look::Unknown => return None,
            Look::Answered => Self { troubles: 0, down_since: None, ..self.clone() },
            Look::InTrouble => {
                let troubles = self.troubles.saturating_add(1).min(Self::IN_A_ROW);
                let is_down = troubles == Self::IN_A_ROW;
                Self { troubles, down_since: self.down_since.or(is_down.then_some(now)), ..self.clone() }
            }
        };
        (next != *self).then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Rules;

    #[test]
    fn three_troubles_in_a_row_take_it_down_and_one_answer_brings_it_back() {
        let url = CallbackUrl::parse("https://shop.example/cb", &Rules::default()).unwrap();
        let at = UnixMillis::from_millis;
        let mut watched = WatchedCallback::up(MerchantId::mint([1; 16]), url, at(0));
        for (number, look, down_since) in [
            (1, Look::InTrouble, None),
            (2, Look::InTrouble, None),
            (3, Look::Answered, None),
            (4, Look::InTrouble, None),
            (5, Look::InTrouble, None),
            (6, Look::Unknown, None),
            (7, Look::InTrouble, Some(7)),
            (8, Look::InTrouble, Some(7)),
            (9, Look::Unknown, Some(7)),
            (10, Look::Answered, None),
        ] {
            watched = watched.after(look, at(number)).unwrap_or(watched);
            assert_eq!(watched.down_since, down_since.map(at), "{number}");
        }
        assert_eq!(watched.after(Look::Answered, at(11)), None, "nothing is written while all is well");
    }
}
