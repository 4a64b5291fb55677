//! Stable slots: deleting what is in one leaves a hole, and everything else keeps its index.

/// Things in stable slots, from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slots<T>(Vec<Option<T>>);

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Slots<T> {
    /// The most slots there may be, holes included.
    pub const MOST: usize = 100;

    /// Restores slots that were stored.
    pub(crate) const fn restored(slots: Vec<Option<T>>) -> Self {
        Self(slots)
    }

    /// Every slot, holes as `None`.
    pub fn all(&self) -> &[Option<T>] {
        &self.0
    }

    /// What is in the slot `index`, if there is anything.
    pub fn at(&self, index: usize) -> Option<&T> {
        self.0.get(index)?.as_ref()
    }

    /// What is in the slot `index`, to be changed in its place.
    pub fn at_mut(&mut self, index: usize) -> Option<&mut T> {
        self.0.get_mut(index)?.as_mut()
    }

    /// Everything with its index, holes left out.
    pub fn entries(&self) -> impl Iterator<Item = (usize, &T)> {
        self.0.iter().enumerate().filter_map(|(index, slot)| Some((index, slot.as_ref()?)))
    }

    /// Everything, to be changed in its place, holes left out.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().flatten()
    }

    /// Appends a slot, and answers its index; a hole is never filled again by this. `None` when there are too many.
    pub fn add(&mut self, thing: T) -> Option<usize> {
        if self.0.len() >= Self::MOST {
            return None;
        }
        self.0.push(Some(thing));
        Some(self.0.len() - 1)
    }

    /// Puts something into the slot `index`, be it taken or a hole. `false` when there is no such slot.
    pub fn replace(&mut self, index: usize, thing: T) -> bool {
        match self.0.get_mut(index) {
            None => false,
            Some(slot) => {
                *slot = Some(thing);
                true
            }
        }
    }

    /// Leaves a hole at `index`. `false` when there was nothing.
    pub fn delete(&mut self, index: usize) -> bool {
        self.0.get_mut(index).and_then(Option::take).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deletion_leaves_a_hole_and_moves_nobody() {
        let mut slots = Slots::default();
        for (index, name) in ["a", "b", "c"].into_iter().enumerate() {
            assert_eq!(slots.add(name), Some(index));
        }
        assert!(slots.delete(0));
        assert!(!slots.delete(0));
        assert!(!slots.delete(9));
        assert_eq!(slots.all(), [None, Some("b"), Some("c")]);
        assert_eq!(slots.entries().collect::<Vec<_>>(), [(1, &"b"), (2, &"c")]);
        assert_eq!(slots.add("d"), Some(3), "a hole is never filled again by this");
        assert!(slots.replace(0, "e"));
        assert!(!slots.replace(9, "x"));
        assert_eq!((slots.at(0), slots.at(9)), (Some(&"e"), None));
    }

    #[test]
    fn slots_have_an_end_and_holes_count() {
        let mut slots = Slots::default();
        for n in 0..Slots::<usize>::MOST {
            slots.add(n);
        }
        assert!(slots.delete(5));
        assert_eq!(slots.add(7), None);
        assert!(slots.replace(5, 7));
    }
}
