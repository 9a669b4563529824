// Pausing a subscription whose reader is slow: it is ended at the broker, and resumed when there is room.
/** How memory can be had from a subscription whose reader is slow. */
export function relief(session, sub) {
    return session.subscriptions.get(sub)?.relief() ?? "quiet";
}
/** The reader of a subscription has enough: what follows this place is to come later, from its streams. */
export function pause(session, sub, at) {
    const live = session.subscriptions.get(sub)?.pause(at);
    if (live === undefined)
        return;
    if (live)
        session.outputs.push({ type: "deliver", sub, event: { type: "behind" } });
    session.send({ op: "unsubscribe", sub });
}
/** The reader of a subscription that was paused has room again. */
export function unpause(session, sub) {
    if (session.subscriptions.get(sub)?.unpause() === true)
        session.outbox.push({ sub });
}
//# sourceMappingURL=pause.js.map