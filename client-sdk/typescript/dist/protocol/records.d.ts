import { type Kind, type Place } from "./kinds.js";
import type { Payload } from "./payload.js";
/** Fields by name, each with its kind. */
export type Fields = readonly (readonly [name: string, kind: Kind<unknown>])[];
type Found = Record<string, unknown>;
/** The place of a payload among the required fields: its number and its bytes, or one of three fields in JSON. */
export declare const PAYLOAD: Kind<Payload>;
/** What a record consists of. */
export declare class Layout {
    #private;
    constructor(required: Fields, options?: Fields, together?: readonly string[]);
    /** Takes the fields of a JSON object. */
    ofObject(fields: Found, place: Place): Found;
    /** Takes the elements of an array, from `at` on. */
    ofArray(items: readonly unknown[], at: number, what: string, place: Place): Found;
}
/** A kind of value that is a record by itself, as in a list. */
export declare function recordOf<T>(layout: Layout, make: (found: Found) => T): Kind<T>;
export {};
