//! Answers whose text borrows from the socket's buffer, made to last.

use std::borrow::Cow;

use fanfare_protocol::frame::{HistoryPage, Member, Message, PresencePage, Welcome};
use fanfare_protocol::payload::JsonText;

pub(super) fn welcome(welcome: Welcome<'_>) -> Welcome<'static> {
    Welcome { session: text(welcome.session), resume: welcome.resume.map(text), ..welcome }
}

pub(super) fn page(page: HistoryPage<'_>) -> HistoryPage<'static> {
    HistoryPage { messages: page.messages.into_iter().map(message).collect(), ..page }
}

pub(super) fn members(page: PresencePage<'_>) -> PresencePage<'static> {
    PresencePage { members: page.members.into_iter().map(member).collect(), ..page }
}

fn member(member: Member<'_>) -> Member<'static> {
    Member {
        session: text(member.session),
        subject: member.subject.map(text),
        info: member.info.map(JsonText::into_owned),
    }
}

fn message(message: Message<'_>) -> Message<'static> {
    Message { payload: message.payload.into_owned(), by: message.by.map(text), ..message }
}

fn text(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}
