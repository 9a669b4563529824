//! Several subscriptions read as one, each getting its turn.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use fanfare_client::{End, Event, Pattern, Subscription};
use futures_util::Stream;

/// Several subscriptions read as one.
pub(super) struct Merged {
    subscriptions: Vec<Subscription>,
    turn: usize,
}

/// What comes from one of them.
pub(super) enum Next {
    Event(Pattern, Event),
    Ended(Pattern, End),
}

impl Merged {
    pub(super) fn new(subscriptions: Vec<Subscription>) -> Self {
        Self { subscriptions, turn: 0 }
    }

    /// What comes next from any of them. Nothing is lost if the future is dropped.
    pub(super) async fn next(&mut self) -> Next {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        for _ in 0..self.subscriptions.len() {
            let turn = self.turn;
            self.turn = (turn + 1) % self.subscriptions.len();
            let subscription = &mut self.subscriptions[turn];
            match Pin::new(&mut *subscription).poll_next(cx) {
                Poll::Ready(Some(event)) => {
                    return Poll::Ready(Next::Event(subscription.pattern().clone(), event));
                }
                Poll::Ready(None) => {
                    let end = subscription.end().unwrap_or(End::Unsubscribed(None));
                    return Poll::Ready(Next::Ended(subscription.pattern().clone(), end));
                }
                Poll::Pending => {}
            }
        }
        Poll::Pending
    }
}
