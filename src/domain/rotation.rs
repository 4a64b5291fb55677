//! Rotation: a secret is replaced, and the one before it still counts for a while.

use std::time::Duration;

use crate::domain::{Invalid, Sealed, UnixMillis};

/// How long a secret that was replaced still counts, unless somebody says otherwise.
pub const USUAL_OVERLAP: Duration = Duration::from_hours(24);

/// The longest time for which a secret that was replaced still counts.
pub const LONGEST_OVERLAP: Duration = Duration::from_hours(90 * 24);

/// Checks how long a secret that is replaced still counts.
///
/// # Errors
/// When it is longer than [`LONGEST_OVERLAP`].
pub fn check_overlap(overlap: Duration) -> Result<Duration, Invalid> {
    if overlap <= LONGEST_OVERLAP {
        return Ok(overlap);
    }
    let longest = LONGEST_OVERLAP.as_secs();
    Err(Invalid::new("overlap_seconds", "is too long")
        .hint(format!("expected 0 to {longest} (90 days); 0 ends the old one at once")))
}

/// A sealed secret, and the one before it while both count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotating {
    /// The newest secret.
    pub current: Sealed,
    /// The secret before it, and when that ends.
    pub(crate) previous: Option<(Sealed, UnixMillis)>,
}

impl Rotating {
    /// A secret that has replaced nothing.
    pub const fn first(secret: Sealed) -> Self {
        Self { current: secret, previous: None }
    }

    /// The secret before it, with the moment when it ends, while it counts.
    pub fn previous(&self, now: UnixMillis) -> Option<(&Sealed, UnixMillis)> {
        self.previous.as_ref().filter(|(_, ends_at)| now < *ends_at).map(|(secret, ends_at)| (secret, *ends_at))
    }

    /// Every secret that counts, the newest first.
    pub fn valid(&self, now: UnixMillis) -> impl Iterator<Item = &Sealed> {
        std::iter::once(&self.current).chain(self.previous(now).map(|(secret, _)| secret))
    }

    /// The secret to use where the other side must know it first: the one before, for as long as it counts.
    pub fn known(&self, now: UnixMillis) -> &Sealed {
        self.previous(now).map_or(&self.current, |(secret, _)| secret)
    }

    /// What becomes of it when `next` replaces the current secret, which counts for `overlap` more.
    ///
    /// # Errors
    /// When the overlap is too long, or the secret before the current one still counts: that would end unannounced. An
    /// overlap of nothing ends both.
    pub fn rotated(&self, next: Sealed, overlap: Duration, now: UnixMillis) -> Result<Self, Invalid> {
        check_overlap(overlap)?;
        if overlap.is_zero() {
            return Ok(Self::first(next));
        }
        if self.previous(now).is_some() {
            return Err(Invalid::new("overlap_seconds", "cannot begin while the overlap of the last rotation lasts")
                .hint("wait until that is over, or rotate without an overlap, which ends both old ones at once"));
        }
        Ok(Self { current: next, previous: Some((self.current.clone(), now.plus(overlap))) })
    }

    /// These secrets, each sealed anew by `seal`. `None` when one of them cannot be.
    pub fn resealed(&self, seal: impl Fn(&Sealed) -> Option<Sealed>) -> Option<Self> {
        let previous = match &self.previous {
            None => None,
            Some((secret, ends_at)) => Some((seal(secret)?, *ends_at)),
        };
        Some(Self { current: seal(&self.current)?, previous })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::from_millis(1_000_000);
    const HOUR: Duration = Duration::from_hours(1);

    fn sealed(byte: u8) -> Sealed {
        Sealed::new(vec![byte])
    }

    fn valid(secret: &Rotating, now: UnixMillis) -> Vec<u8> {
        secret.valid(now).map(|sealed| sealed.as_bytes()[0]).collect()
    }

    #[test]
    fn both_secrets_count_until_the_overlap_is_over() {
        let rotated = Rotating::first(sealed(1)).rotated(sealed(2), HOUR, NOW).unwrap();
        for (now, expected, known) in
            [(NOW, &[2, 1][..], 1), (NOW.plus(HOUR - Duration::from_millis(1)), &[2, 1], 1), (NOW.plus(HOUR), &[2], 2)]
        {
            assert_eq!(valid(&rotated, now), expected);
            assert_eq!(rotated.known(now), &sealed(known));
        }
    }

    #[test]
    fn a_second_rotation_waits_or_ends_both() {
        let once = Rotating::first(sealed(1)).rotated(sealed(2), HOUR, NOW).unwrap();
        assert!(once.rotated(sealed(3), HOUR, NOW).unwrap_err().rule().contains("last rotation"));
        assert_eq!(valid(&once.rotated(sealed(3), Duration::ZERO, NOW).unwrap(), NOW), [3]);
        let later = NOW.plus(HOUR);
        assert_eq!(valid(&once.rotated(sealed(3), HOUR, later).unwrap(), later), [3, 2]);
        assert!(once.rotated(sealed(3), LONGEST_OVERLAP + HOUR, later).is_err());
    }
}
