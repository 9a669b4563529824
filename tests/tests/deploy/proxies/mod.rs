//! The proxies: each with its configuration of `deploy/proxy`, before a broker with that of `fanfare.toml`.
//!
//! The configurations are used as they are but for addresses, ports, files, and what a user other than root may not do.

mod front;
mod guest;
mod promises;
mod settings;

use front::Kind;

/// The promises that every proxy keeps which ends TLS.
macro_rules! promises {
    ($name:ident, $kind:expr) => {
        mod $name {
            use super::*;

            #[tokio::test]
            async fn a_session_goes_through_and_the_broker_sees_where_the_client_is() {
                promises::end_to_end($kind).await;
            }

            #[tokio::test]
            async fn what_is_for_others_is_not_reached() {
                promises::nothing_else($kind).await;
            }

            #[tokio::test]
            async fn events_pass_one_by_one() {
                promises::events($kind).await;
            }

            #[tokio::test]
            async fn a_token_in_the_address_of_events_is_not_logged_not_even_while_the_broker_is_away() {
                promises::no_token_in_the_log($kind).await;
            }

            #[tokio::test]
            async fn planned_restarts_of_the_broker_are_not_noticed() {
                promises::restarts($kind).await;
            }
        }
    };
}

promises!(nginx, Kind::Nginx);
promises!(haproxy, Kind::Haproxy);
promises!(caddy, Kind::Caddy);

#[tokio::test]
async fn nginx_lets_a_quiet_session_be_and_ends_it_only_where_the_heartbeat_is_longer() {
    promises::quiet(Kind::Nginx).await;
}

#[tokio::test]
async fn haproxy_lets_a_quiet_session_be_and_ends_it_only_where_the_heartbeat_is_longer() {
    promises::quiet(Kind::Haproxy).await;
}

#[tokio::test]
async fn where_haproxy_passes_tls_on_the_broker_sees_where_the_client_is_by_the_proxy_protocol() {
    promises::passed_on().await;
}
