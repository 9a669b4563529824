// Frames that wait to be sent, and in which order they go out on a new connection.
/** Frames that wait to be sent. */
export class Outbox {
    /** What goes out before the broker's welcome. */
    #greeting = [];
    #entries = [];
    /** What is to be asked again, and when; the soonest first. */
    #later = [];
    push(entry) {
        this.#entries.push(entry);
    }
    /** Asks again at this time. */
    pushLater(at, ask) {
        this.#later.push({ at, ask });
        this.#later.sort((a, b) => a.at - b.at);
    }
    /** The next frame, as far as frames may go out. */
    pop(welcome) {
        return this.#greeting.shift() ?? (welcome ? this.#entries.shift() : undefined);
    }
    /** Whether a frame may go out now. */
    hasSome(welcome) {
        return this.#greeting.length > 0 || (welcome && this.#entries.length > 0);
    }
    get length() {
        return this.#greeting.length + this.#entries.length;
    }
    /** When something is to be asked again; never is infinite. */
    due() {
        return this.#later[0]?.at ?? Infinity;
    }
    /** Queues what is to be asked again by now. */
    tick(now) {
        while (this.due() <= now)
            this.#entries.push(...this.#later.splice(0, 1).map(({ ask }) => ask));
    }
    /** Forgets what is not to be asked any more; says whether it still waited. */
    remove(ask) {
        const before = this.length + this.#later.length;
        const other = (entry) => !isSame(entry, ask);
        this.#greeting = this.#greeting.filter(other);
        this.#entries = this.#entries.filter(other);
        this.#later = this.#later.filter((later) => other(later.ask));
        return this.length + this.#later.length < before;
    }
    /** Forgets what belonged to the connection that has ended, and keeps what is still to be sent. */
    disconnected() {
        this.#greeting = [];
        this.#later = [];
        this.#entries = this.#entries.filter((entry) => !("plain" in entry) || entry.plain.op === "publish");
    }
    /** Begins a connection: `hello`, then what was asked before and is asked again, then what waited. */
    connected(hello, subs, requests) {
        const waiting = this.#entries;
        const fresh = (ask) => !waiting.some((entry) => isSame(entry, ask));
        this.#greeting = [{ plain: hello }, ...subs.map((sub) => ({ sub })).filter(fresh)];
        this.#entries = [...requests.map((request) => ({ request })).filter(fresh), ...waiting];
    }
    clear() {
        this.#greeting = [];
        this.#entries = [];
        this.#later = [];
    }
}
function isSame(entry, ask) {
    if ("sub" in ask)
        return "sub" in entry && entry.sub === ask.sub;
    return "request" in entry && entry.request === ask.request;
}
//# sourceMappingURL=outbox.js.map