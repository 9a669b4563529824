import type { Headers } from "./message.js";
import { Payload } from "./payload.js";
import { type Position } from "./position.js";
/** Where an object stands: the frame's text if it is JSON, and the way there. */
export interface Place {
    readonly text: string;
    readonly path: readonly (string | number)[];
}
/** Checks a value, and gives it as the client wants it; `what` names the field for errors. */
export type Kind<T> = (value: unknown, what: string, place: Place) => T;
export declare function wrong(what: string, must: string): never;
export declare const NUMBER: Kind<number>;
export declare const SEQ: Kind<number>;
export declare const SUB: Kind<number>;
export declare const TEXT: Kind<string>;
export declare const FLAG: Kind<boolean>;
/** Any JSON value; in MessagePack its text as bytes. */
export declare const JSON_VALUE: Kind<unknown>;
export declare const POSITION: Kind<Position>;
export declare const HEADERS: Kind<Headers>;
/** A payload from its number and its bytes, which may be given as a string unless they are just bytes. */
export declare function packedPayload(number: unknown, given: unknown): Payload;
/** A payload from the three fields that may hold it in JSON. `null` is a value for `data` alone. */
export declare function jsonPayload({ data, text, data_b64 }: Record<string, unknown>, place: Place): Payload;
/** A list of values of one kind. */
export declare function list<T>(kind: Kind<T>): Kind<T[]>;
/** The entries of a map or an object. */
export declare function entriesOf(value: unknown, what: string): [unknown, unknown][];
export declare function object(value: unknown, what: string): Record<string, unknown>;
