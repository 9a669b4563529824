//! A permit: a request that its caller was allowed to make.

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
