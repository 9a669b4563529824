import type { Gap } from "./frame.js";
import type { PayloadKind } from "./payload.js";
/** Short facts beside a payload, by name. */
export type Headers = Readonly<Record<string, string>>;
/** What a message says of itself beside topic and payload. */
export interface Facts {
    stream?: string;
    seq?: number;
    prev?: number;
    by?: string;
    headers?: Headers;
}
/** A message that was published; `T` is the type that its JSON is expected to have. */
export declare class Message<T = unknown> {
    #private;
    /** Where it was published. */
    readonly topic: string;
    /** When the broker took it, in milliseconds since 1970. */
    readonly timeMs: number;
    /** Its stream; none for an ephemeral message. */
    readonly stream: string | undefined;
    /** Its number in its stream, from 1; none for an ephemeral message. */
    readonly seq: number | undefined;
    /** The number of the message before it on the same topic, where known. */
    readonly prev: number | undefined;
    /** Who published it, where the stream says so. */
    readonly by: string | undefined;
    /** Short facts beside the payload. */
    readonly headers: Headers | undefined;
    /** What is missing right before this message; mostly nothing. */
    gaps: readonly Gap[];
    /** When the broker took it. */
    get time(): Date;
    /** The payload's kind, as its publisher chose it. */
    get kind(): PayloadKind;
    /** The payload read as JSON, once. Throws a `SyntaxError` if it is none. The type is yours to vouch for. */
    json<U = T>(): U;
    /** The payload as text: a JSON payload verbatim; bytes are read as UTF-8. */
    text(): string;
    /** The payload's bytes, whatever its kind. Not a copy: leave them as they are. */
    bytes(): Uint8Array;
}
