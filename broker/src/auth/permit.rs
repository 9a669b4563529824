//! A permit: a request that its caller was allowed to make.

use fanfare_protocol::frame::Publish;

/// A request that its caller was allowed to make. Only the modules of `auth` can make one.
#[derive(Debug)]
pub(crate) struct Permitted<T>(T);

impl<T> Permitted<T> {
    pub(super) fn new(request: T) -> Self {
        Self(request)
    }

    /// The request itself.
    pub(crate) fn into_inner(self) -> T {
        self.0
    }
}

impl<'a> Permitted<Publish<'a>> {
    /// What the broker itself publishes: only on its own topics (`$`), where nobody else may; none for any other.
    pub(crate) fn by_broker(publish: Publish<'a>) -> Option<Self> {
        publish.topic.is_internal().then_some(Self(publish))
    }
}
