/** The kind of a payload, as its publisher chose it. */
export type PayloadKind = "json" | "text" | "bytes";
/** The kinds in the order of their numbers on the wire. */
export declare const KINDS: readonly PayloadKind[];
/** A payload. It is read, and copied, only as far as somebody asks. */
export declare class Payload {
    #private;
    readonly kind: PayloadKind;
    private constructor();
    /** Of text, or of a JSON text. */
    static ofText(kind: "json" | "text", text: string): Payload;
    /** Of the bytes that stand on the wire: those of a JSON text or a text are UTF-8. */
    static ofBytes(kind: PayloadKind, bytes: Uint8Array): Payload;
    /** Of a JSON value that was read already, and of the way to its text. */
    static ofJson(value: unknown, text: () => string): Payload;
    /** The text; bytes are read as UTF-8. */
    text(): string;
    /** The bytes, whatever the kind. */
    bytes(): Uint8Array;
    /** The text read as JSON. */
    json(): unknown;
    /** How much memory it takes, more or less, in bytes. */
    size(): number;
}
/** Bytes as base64. */
export declare function toBase64(bytes: Uint8Array): string;
/** Base64, with or without its padding, as bytes. Throws if it is none. */
export declare function fromBase64(text: string): Uint8Array;
