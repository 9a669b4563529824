//! A permit: a request that its caller was allowed to make.

use std::sync::Arc;

use fanfare_protocol::frame::Publish;

/// A request that its caller was allowed to make. Only the modules of `auth` can make one.
#[derive(Debug)]
pub(crate) struct Permitted<T> {
    request: T,
    /// The caller's subject.
    by: Option<Arc<str>>,
}

impl<T> Permitted<T> {
    pub(super) fn new(request: T) -> Self {
        Self { request, by: None }
    }

    /// A request that says whose it is.
    pub(super) fn by(request: T, subject: Option<&Arc<str>>) -> Self {
        Self { request, by: subject.cloned() }
    }

    /// What is permitted.
    pub(crate) fn request(&self) -> &T {
        &self.request
    }

    /// The request itself.
    pub(crate) fn into_inner(self) -> T {
        self.request
    }

    /// The request, and the subject of whoever makes it.
    pub(crate) fn into_parts(self) -> (T, Option<Arc<str>>) {
        (self.request, self.by)
    }
}

impl<'a> Permitted<Publish<'a>> {
    /// What the broker itself publishes: only on its own topics (`$`), where nobody else may; none for any other.
    pub(crate) fn by_broker(publish: Publish<'a>) -> Option<Self> {
        publish.topic.is_internal().then_some(Self::new(publish))
    }
}
