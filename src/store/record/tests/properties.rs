//! Bytes that no program has written: they are refused, or they are a journey like any other.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::{consented, held_by_a_provider, well_travelled};
use crate::store::record::{read_journey, write_journey};

proptest! {
    #[test]
    fn a_damaged_record_is_refused_or_is_a_journey(
        which in 0_usize..3,
        changes in vec((any::<Index>(), any::<u8>()), 0..4),
        cut in proptest::option::of(any::<Index>()),
    ) {
        let journey = [well_travelled, held_by_a_provider, consented][which]();
        let mut bytes = write_journey(&journey).unwrap();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(journey) = read_journey(&bytes) {
            prop_assert_eq!(read_journey(&write_journey(&journey).unwrap()), Ok(journey));
        }
    }

    #[test]
    fn what_is_no_record_is_refused(bytes in vec(any::<u8>(), 0..400)) {
        if let Ok(journey) = read_journey(&bytes) {
            prop_assert_eq!(read_journey(&write_journey(&journey).unwrap()), Ok(journey));
        }
    }
}
