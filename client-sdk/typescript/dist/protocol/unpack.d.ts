/** What can't be read; the text names the place. */
export declare class Unreadable extends Error {
    readonly name = "Unreadable";
}
/** A map, with its keys in order and as often as they stand there. */
export declare class PackedMap {
    readonly entries: [key: unknown, value: unknown][];
}
/** The one value that the bytes hold. Integers over 2^53-1 are infinite, nil is undefined. */
export declare function unpack(bytes: Uint8Array): unknown;
