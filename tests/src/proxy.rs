//! A proxy on loopback before a broker, whose connections can be cut, made mute, or deaf to the broker's answers.

use std::net::SocketAddr;

use tokio::io::{copy, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::Broker;

/// A proxy before a broker. It goes with its connections when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    broker: watch::Sender<Option<SocketAddr>>,
    fate: watch::Sender<Fate>,
}

/// What becomes of the connections that there are; later ones are passed on as ever.
#[derive(Clone, Copy, Debug)]
enum Fate {
    PassOn,
    Reset,
    Mute,
    Swallow,
}

impl Proxy {
    /// A proxy before this broker.
    pub async fn before(broker: &Broker) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
        let address = listener.local_addr().expect("it is bound");
        let (fate, fates) = watch::channel(Fate::PassOn);
        let (broker, brokers) = watch::channel(Some(broker.client()));
        tokio::spawn(accept(listener, brokers, fates));
        Self { address, broker, fate }
    }

    /// Leads later connections nowhere: nobody takes them.
    pub fn lead_nowhere(&self) {
        self.broker.send_replace(None);
    }

    /// Leads later connections to this broker, which may be another one.
    pub fn lead_to(&self, broker: &Broker) {
        self.broker.send_replace(Some(broker.client()));
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as a URL.
    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Cuts every connection, in the middle of whatever it carries.
    pub fn reset(&self) {
        self.fate.send_replace(Fate::Reset);
    }

    /// Passes nothing on any more, in neither direction, and leaves every connection open.
    pub fn mute(&self) {
        self.fate.send_replace(Fate::Mute);
    }

    /// Passes on what clients send, and nothing that the broker answers.
    pub fn swallow_answers(&self) {
        self.fate.send_replace(Fate::Swallow);
    }
}

async fn accept(
    listener: TcpListener,
    brokers: watch::Receiver<Option<SocketAddr>>,
    mut fates: watch::Receiver<Fate>,
) {
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (client, _) = accepted.expect("the listener is open");
                let Some(broker) = *brokers.borrow() else { continue };
                let mut fates = fates.clone();
                fates.mark_unchanged();
                tokio::spawn(pass_on(client, broker, fates));
            }
            // Connections see the change themselves; what is awaited here is the end of the proxy.
            changed = fates.changed() => if changed.is_err() {
                return;
            }
        }
    }
}

/// Passes on what comes from both sides until fate strikes.
async fn pass_on(mut client: TcpStream, broker: SocketAddr, mut fates: watch::Receiver<Fate>) {
    let Ok(mut broker) = TcpStream::connect(broker).await else { return };
    let _ = (client.set_nodelay(true), broker.set_nodelay(true));
    tokio::select! {
        biased;
        _ = fates.changed() => {}
        _ = copy_bidirectional(&mut client, &mut broker) => return,
    }
    let fate = *fates.borrow_and_update();
    match fate {
        Fate::PassOn | Fate::Reset => {}
        Fate::Mute => drop(fates.changed().await),
        Fate::Swallow => tokio::select! {
            _ = fates.changed() => {}
            _ = copy(&mut client, &mut broker) => {}
        },
    }
    // What was on its way is lost with them.
    let _ = (client.set_zero_linger(), broker.set_zero_linger());
}
