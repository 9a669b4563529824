// What a session sends, and when.
import { sayGoodbyeWhenAnswered } from "./ending.js";
/** The next frame to be sent on this connection. */
export function nextFrame(session, now) {
    for (;;) {
        const entry = session.outbox.pop(session.isWelcome());
        if (entry === undefined)
            return undefined;
        const frame = "plain" in entry ? entry.plain : ask(session, now, entry);
        if (frame !== undefined)
            return frame;
    }
}
/** Whether frames can be sent on this connection. */
export function canSend(session) {
    return session.outbox.hasSome(session.isWelcome());
}
/** Asks again, after the pause that the broker wants or one that grows with each failure. */
export function askLater(session, now, again, failures, error) {
    session.outbox.pushLater(now + session.pauseBefore(failures, error), again);
}
function ask(session, now, what) {
    if ("sub" in what)
        return askSubscription(session, now, what.sub);
    const stale = session.requests.takeStale(now, what.request);
    if (stale === undefined)
        return session.requests.send(now, what.request);
    session.fail(...stale);
    sayGoodbyeWhenAnswered(session);
    return undefined;
}
function askSubscription(session, now, sub) {
    const subscription = session.subscriptions.get(sub);
    const frame = subscription?.ask();
    const request = subscription?.request();
    if (frame !== undefined && request !== undefined)
        session.requests.send(now, request);
    return frame;
}
//# sourceMappingURL=send.js.map