// Payloads: what was published, of the kind that its publisher chose.
const UTF8 = /* @__PURE__ */ new TextEncoder();
const FROM_UTF8 = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true });
/** The kinds in the order of their numbers on the wire. */
export const KINDS = ["json", "text", "bytes"];
/** A payload. It is read, and copied, only as far as somebody asks. */
export class Payload {
    kind;
    #text;
    #bytes;
    #value;
    constructor(kind, text, bytes, value) {
        this.kind = kind;
        this.#text = text;
        this.#bytes = bytes;
        this.#value = value;
    }
    /** Of text, or of a JSON text. */
    static ofText(kind, text) {
        return new Payload(kind, text);
    }
    /** Of the bytes that stand on the wire: those of a JSON text or a text are UTF-8. */
    static ofBytes(kind, bytes) {
        return new Payload(kind, undefined, bytes);
    }
    /** Of a JSON value that was read already, and of the way to its text. */
    static ofJson(value, text) {
        return new Payload("json", text, undefined, { of: value });
    }
    /** The text; bytes are read as UTF-8. */
    text() {
        const text = typeof this.#text === "function" ? this.#text() : (this.#text ?? FROM_UTF8.decode(this.#bytes));
        this.#text = text;
        return text;
    }
    /** The bytes, whatever the kind. */
    bytes() {
        return (this.#bytes ??= UTF8.encode(this.text()));
    }
    /** The text read as JSON. */
    json() {
        return (this.#value ??= { of: JSON.parse(this.text()) }).of;
    }
    /** How much memory it takes, more or less, in bytes. */
    size() {
        if (this.#bytes !== undefined)
            return this.#bytes.length;
        return 2 * this.text().length;
    }
}
/** Bytes as base64. */
export function toBase64(bytes) {
    let text = "";
    for (const byte of bytes)
        text += String.fromCharCode(byte);
    return btoa(text);
}
/** Base64, with or without its padding, as bytes. Throws if it is none. */
export function fromBase64(text) {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
//# sourceMappingURL=payload.js.map