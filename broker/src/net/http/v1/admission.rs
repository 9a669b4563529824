//! Admission: a bounded number of requests is worked on at once, and of each caller no more than its share.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::OwnedSemaphorePermit;

use super::api::Api;
use super::problem::Problem;
use crate::auth::Caller;
use crate::census::Census;
use crate::net::http::serve::Streaming;
use crate::whose::Whose;

/// A request that is worked on, for as long as a copy of this lives.
#[derive(Clone, Debug)]
pub(in crate::net::http) struct Admitted {
    turn: Arc<Turn>,
    /// Keeps the connection open while lines come.
    _streaming: Option<Streaming>,
}

#[derive(Debug)]
struct Turn {
    callers: Arc<Census<Whose>>,
    /// Whom it is counted for, once that is known.
    whose: OnceLock<Whose>,
    _place: OwnedSemaphorePermit,
}

impl Admitted {
    /// Counts the request for its caller, who asks from this address.
    ///
    /// # Errors
    /// They have as many requests under way as one may.
    pub(in crate::net::http) fn count_for(
        &self,
        caller: &Caller,
        address: IpAddr,
        api: &Api,
    ) -> Result<(), Problem> {
        let whose = Whose::of(caller.shared_subject(), address);
        if !self.turn.callers.enter(whose.clone(), api.limits.max_http_requests_per_caller()) {
            return Err(Problem::crowded(
                "as many of your requests are worked on as may be of one caller (max_http_requests_per_caller); try \
                 again when others of them are done",
            ));
        }
        if let Err(again) = self.turn.whose.set(whose) {
            // A request has one caller; were it counted twice, it would be taken back once.
            self.turn.callers.leave(&again);
        }
        Ok(())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let _ = self.whose.get().inspect(|whose| self.callers.leave(whose));
    }
}

/// Lets a request in if there is a place for it.
pub(super) async fn admit(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let Ok(place) = Arc::clone(&api.places).try_acquire_owned() else {
        let detail =
            "as many requests are worked on as may be (max_http_requests); try again when others are done";
        return Problem::busy(detail).into_response();
    };
    let streaming = request.extensions().get::<Streaming>().cloned();
    let callers = Arc::clone(&api.callers);
    let turn = Arc::new(Turn { callers, whose: OnceLock::new(), _place: place });
    let admitted = Admitted { turn, _streaming: streaming };
    request.extensions_mut().insert(admitted.clone());
    let response = next.run(request).await;
    drop(admitted);
    response
}
