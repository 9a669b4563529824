//! The items of one pattern. Most have one, which then stands in the map itself and costs no memory of its own.

use super::Removed;

/// Items by their place.
#[derive(Debug, Default)]
pub(super) enum Items<T> {
    #[default]
    None,
    One(T),
    Many(Vec<T>),
}

impl<T: Copy> Items<T> {
    pub(super) fn push(&mut self, item: T) {
        match self {
            Self::None => *self = Self::One(item),
            Self::One(first) => *self = Self::Many(vec![*first, item]),
            Self::Many(items) => items.push(item),
        }
    }

    /// Takes out the item at this place; the last item moves there.
    pub(super) fn take_out(&mut self, place: u32) -> Option<Removed<T>> {
        let place = place as usize;
        if place >= self.as_slice().len() {
            return None;
        }
        if let Self::Many(items) = self {
            items.swap_remove(place);
            if items.len() * 4 < items.capacity() {
                items.shrink_to(items.len() * 2);
            }
            let moved = items.get(place).copied();
            if let [only] = items[..] {
                *self = Self::One(only);
            }
            return Some(Removed { moved, last: false });
        }
        *self = Self::None;
        Some(Removed { moved: None, last: true })
    }
}

impl<T> Items<T> {
    pub(super) fn as_slice(&self) -> &[T] {
        match self {
            Self::None => &[],
            Self::One(item) => std::slice::from_ref(item),
            Self::Many(items) => items,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::None)
    }
}
