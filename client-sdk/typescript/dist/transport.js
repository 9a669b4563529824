// One WebSocket connection: frames in either encoding, and how it ends. Knows nothing of sessions.
import { sessionClosed, unreachable } from "./error.js";
import { ABNORMAL } from "./protocol/codes.js";
import { encode, subprotocol } from "./protocol/encode.js";
/** What `ws` says of a handshake that was refused. */
const REFUSED = /server response: (\d{3})/;
/** One connection to a broker. */
export class Transport {
    #socket;
    #encoding;
    constructor(Class, url, encoding, listener) {
        this.#encoding = encoding;
        const socket = new Class(url, [subprotocol(encoding)]);
        this.#socket = socket;
        socket.binaryType = "arraybuffer";
        let open = false;
        let detail = "no connection";
        socket.onopen = () => {
            open = socket.protocol === subprotocol(encoding);
            if (open) {
                listener.opened();
                return;
            }
            this.drop();
            listener.ended(unreachable(url, "it is no Fanfare broker"));
        };
        socket.onmessage = ({ data }) => {
            listener.received(typeof data === "string" ? data : new Uint8Array(data));
        };
        socket.onerror = (event) => {
            detail = event.message ?? detail;
        };
        socket.onclose = ({ code, reason }) => {
            this.drop();
            listener.ended(open ? sessionClosed(closedBy(code, reason)) : refused(url, detail));
        };
    }
    /** Writes a frame. */
    send(frame) {
        this.#socket.send(encode(this.#encoding, frame));
    }
    /** Bytes that wait to be written. */
    get waitingBytes() {
        return this.#socket.bufferedAmount;
    }
    /** Begins to close; the end comes when the broker has closed, too. */
    close(code) {
        this.#socket.close(code);
    }
    /** Closes, and hears nothing more. */
    drop() {
        const nothing = () => undefined;
        this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
        // `ws` throws errors that nobody hears.
        this.#socket.onerror = nothing;
        this.#socket.close();
    }
}
/** Only `ws` tells the status. */
function refused(url, detail) {
    const status = Number(REFUSED.exec(detail)?.[1]);
    return status > 0 ? sessionClosed({ kind: "refused", status }) : unreachable(url, detail);
}
function closedBy(code, reason) {
    if (code !== ABNORMAL)
        return { kind: "by_broker", code, reason };
    return { kind: "lost", detail: "the other side went away without a close frame" };
}
//# sourceMappingURL=transport.js.map