//! An open subscription: a stream of events.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use fanfare_protocol::frame::Subscribed;
use fanfare_protocol::{Pattern, Position};
use futures_core::Stream;

use crate::closed::End;
use crate::event::{Event, Missing};
use crate::inbox::Inbox;
use crate::message::Message;
use crate::signals::Signals;

/// An open subscription: a [`Stream`] of [`Event`]s in order, until [`Subscription::end`] says why there are no
/// more. Dropping it unsubscribes.
///
/// It outlives its connection: on the next one it goes on where it stands, and nothing comes twice.
///
/// A subscription that nobody reads holds up to the bounds of
/// [`ClientBuilder::subscription_buffer`](crate::ClientBuilder::subscription_buffer); then the client stops reading
/// its socket, and the broker keeps what follows. As one socket serves all subscriptions of a client, a slow reader
/// delays the others: give it a client of its own.
#[derive(Debug)]
pub struct Subscription {
    reader: Reader,
    pattern: Pattern,
    opened: Subscribed,
}

/// The messages of a subscription alone; see [`Subscription::messages`].
#[derive(Debug)]
pub struct Messages(Subscription);

/// The reader's end of a buffer. Dropping it unsubscribes, be the subscription open yet or not.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) sub: u32,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) signals: Arc<Signals>,
}

impl Subscription {
    pub(crate) fn new(reader: Reader, pattern: Pattern, opened: Subscribed) -> Self {
        Self { reader, pattern, opened }
    }

    /// The next event; none once the subscription has ended. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|cx| self.reader.inbox.poll_next(cx)).await
    }

    /// The messages alone: notices are left out, and a loss comes as `Err`, so that `?` stops at it.
    pub fn messages(self) -> Messages {
        Messages(self)
    }

    /// The pattern that was subscribed.
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// What the broker said when it first opened the subscription: above all the position where it begins.
    pub fn opened(&self) -> &Subscribed {
        &self.opened
    }

    /// Where the subscription stands after the events that were taken from it: keep it, as text if need be, and go on
    /// from there another time ([`ReplayFrom::Position`](crate::ReplayFrom::Position)).
    ///
    /// ```no_run
    /// # async fn example(client: fanfare_client::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use fanfare_client::{Position, ReplayFrom};
    ///
    /// let mut orders = client.subscribe("orders.>").await?;
    /// orders.next().await;
    /// let kept = orders.position().to_string();
    /// drop(orders);
    ///
    /// let position: Position = kept.parse()?;
    /// let orders = client.subscribe("orders.>").from(ReplayFrom::Position(position)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn position(&self) -> Position {
        self.reader.inbox.position()
    }

    /// Why there are no more events; none while there may be some.
    pub fn end(&self) -> Option<End> {
        self.reader.inbox.end()
    }
}

impl Messages {
    /// The next message, or what is missing at this place; none once the subscription has ended. Nothing is lost
    /// if the future is dropped.
    pub async fn next(&mut self) -> Option<Result<Message, Missing>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Where the subscription stands after what was taken from it: see [`Subscription::position`].
    pub fn position(&self) -> Position {
        self.0.position()
    }

    /// Why there are no more messages; none while there may be some.
    pub fn end(&self) -> Option<End> {
        self.0.end()
    }
}

impl Stream for Subscription {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.reader.inbox.poll_next(cx)
    }
}

impl Stream for Messages {
    type Item = Result<Message, Missing>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match self.0.reader.inbox.poll_next(cx) {
                Poll::Ready(Some(Event::Message(message))) => return Poll::Ready(Some(Ok(message))),
                Poll::Ready(Some(Event::Gap(gap))) => return Poll::Ready(Some(Err(Missing(gap)))),
                Poll::Ready(Some(Event::Behind | Event::Live(_) | Event::Resumed(_))) => {}
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.inbox.abandon();
        self.signals.subscription_dropped(self.sub);
    }
}
