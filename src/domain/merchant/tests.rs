//! A merchant's saved callbacks, and their names.

use super::*;
use crate::domain::Rules;

fn saved(name: Option<&str>) -> SavedCallback {
    SavedCallback {
        url: CallbackUrl::parse("https://m.example/cb", &Rules::default()).unwrap(),
        name: name.map(|n| CallbackName::parse(n).unwrap()),
        params_in: Placement::Query,
        device_urls: DeviceUrls::default(),
        used: Used::ByDefault,
        watched: false,
    }
}

#[test]
fn a_deletion_leaves_a_hole_and_moves_nobody() {
    let mut callbacks = SavedCallbacks::default();
    for name in ["a", "b", "c"] {
        callbacks.add(saved(Some(name))).unwrap();
    }
    assert!(callbacks.delete(0));
    assert!(!callbacks.delete(0));
    assert_eq!(callbacks.at(0), None);
    assert_eq!(callbacks.named("c").map(|(i, _)| i), Some(2));
    assert_eq!(callbacks.by_default().map(|(i, _)| i).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(callbacks.add(saved(Some("a"))).unwrap(), 3);
    assert!(callbacks.replace(0, saved(None)).unwrap());
    assert!(!callbacks.replace(9, saved(None)).unwrap());
}

#[test]
fn a_name_is_held_by_one_slot() {
    let mut callbacks = SavedCallbacks::default();
    callbacks.add(saved(Some("shop"))).unwrap();
    assert!(callbacks.add(saved(Some("shop"))).is_err());
    assert!(callbacks.replace(0, saved(Some("shop"))).unwrap());
}

#[test]
fn there_is_a_most_of_saved_callbacks() {
    let mut callbacks = SavedCallbacks::default();
    for _ in 0..SavedCallbacks::MAX_SLOTS {
        callbacks.add(saved(None)).unwrap();
    }
    assert!(callbacks.add(saved(None)).is_err());
}

#[test]
fn a_callback_name_is_neither_an_index_nor_a_url() {
    for bad in ["", "0", "0a", "A", "a b", "a:b", "a,b", "a/b", &"a".repeat(33)] {
        assert!(CallbackName::parse(bad).is_err(), "{bad:?} was accepted");
    }
}
