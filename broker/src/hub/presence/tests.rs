//! Presence, promise by promise.
