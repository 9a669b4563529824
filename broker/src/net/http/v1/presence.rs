//! Presence over HTTP: who is present on a topic, a page at a time.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use fanfare_protocol::frame::{Member, PresencePage};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::api::Api;
use super::path::TopicInPath;
use super::problem::{Kind, Place, Problem};
use super::query::{Query, number};
use crate::hub::PresenceError;
use crate::net::http::caller::Asking;

/// Someone who is present.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Member)]
pub(super) struct MemberView {
    /// The session.
    #[schema(example = "5d3f0a91-17")]
    session: String,
    /// Whose it is, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "alice")]
    subject: Option<String>,
    /// What the member's token tells of it: any JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<serde_json::Value>)]
    info: Option<Box<RawValue>>,
}

/// A page of members.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MembersPage {
    /// In the order in which they came.
    members: Vec<MemberView>,
    /// How many there are in all.
    count: u64,
    /// The next page, if there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/v1/presence/rooms%2E1?after=17")]
    next: Option<String>,
}

impl From<PresenceError> for Problem {
    fn from(error: PresenceError) -> Self {
        let kind = match error {
            PresenceError::NotKept => Kind::NotFound,
            PresenceError::TooLong => Kind::InvalidTopic,
        };
        Self::part(kind, Place::Path, "topic", error.to_string())
    }
}

/// See who is present.
///
/// On a topic for which the broker's configuration keeps presence.
#[utoipa::path(
    get,
    path = "/v1/presence/{topic}",
    operation_id = "presence",
    tag = "sessions",
    params(super::parameters::PresenceParams),
    responses((status = 200, description = "A page.", body = MembersPage), super::openapi::FindProblems),
)]
pub(super) async fn presence(
    State(api): State<Api>,
    Asking(caller): Asking,
    TopicInPath(topic): TopicInPath,
    uri: Uri,
) -> Result<Json<MembersPage>, Problem> {
    let query = Query::of(&uri, &["after", "limit"])?;
    let after =
        query.optional("after", |text| number(text).ok_or_else(|| "must be that of a `next`".to_owned()))?;
    let page = api.hub.presence(caller.presence(topic)?, after, query.limit()?)?;
    let PresencePage { members, count, next } = page;
    let members: Vec<_> = members.into_iter().map(view).collect();
    Ok(Json(MembersPage {
        count: count.unwrap_or(members.len() as u64),
        members,
        next: next.map(|next| query.with("after", &next.to_string())),
    }))
}

fn view(member: Member<'_>) -> MemberView {
    let info = member.info.and_then(|info| RawValue::from_string(info.as_str().to_owned()).ok());
    MemberView {
        session: member.session.into_owned(),
        subject: member.subject.map(std::borrow::Cow::into_owned),
        info,
    }
}
