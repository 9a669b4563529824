// A message, as a subscriber or a history sees it.
const NO_GAPS = [];
/** A message that was published; `T` is the type that its JSON is expected to have. */
export class Message {
    /** Where it was published. */
    topic;
    /** When the broker took it, in milliseconds since 1970. */
    timeMs;
    /** Its stream; none for an ephemeral message. */
    stream;
    /** Its number in its stream, from 1; none for an ephemeral message. */
    seq;
    /** The number of the message before it on the same topic, where known. */
    prev;
    /** Who published it, where the stream says so. */
    by;
    /** Short facts beside the payload. */
    headers;
    /** What is missing right before this message; mostly nothing. */
    gaps = NO_GAPS;
    #payload;
    /** @internal */
    constructor(topic, payload, timeMs, facts) {
        this.topic = topic;
        this.timeMs = timeMs;
        this.stream = facts.stream;
        this.seq = facts.seq;
        this.prev = facts.prev;
        this.by = facts.by;
        this.headers = facts.headers;
        this.#payload = payload;
    }
    /** When the broker took it. */
    get time() {
        return new Date(this.timeMs);
    }
    /** The payload's kind, as its publisher chose it. */
    get kind() {
        return this.#payload.kind;
    }
    /** The payload read as JSON, once. Throws a `SyntaxError` if it is none. The type is yours to vouch for. */
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- a cast that reads well
    json() {
        return this.#payload.json();
    }
    /** The payload as text: a JSON payload verbatim; bytes are read as UTF-8. */
    text() {
        return this.#payload.text();
    }
    /** The payload's bytes, whatever its kind. Not a copy: leave them as they are. */
    bytes() {
        return this.#payload.bytes();
    }
    /** What it counts for in a buffer, in bytes. @internal */
    sizeBytes() {
        return this.topic.length + this.#payload.size();
    }
}
//# sourceMappingURL=message.js.map