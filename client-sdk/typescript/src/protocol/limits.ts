// Bounds that the wire fixes for both sides.

/** Bytes of a topic or pattern. */
export const MAX_TOPIC_BYTES = 256;
/** Segments of a topic or pattern. */
export const MAX_TOPIC_SEGMENTS = 16;
/** Streams in a position. */
export const MAX_POSITION_STREAMS = 64;
/** Bytes of the key of a publish. */
export const MAX_KEY_BYTES = 128;
/** Bytes of all names and values of headers. */
export const MAX_HEADERS_BYTES = 4_096;
/** The largest number of a subscription that a client may choose; those above are the broker's. */
export const MAX_CLIENT_SUB = 2 ** 31 - 1;
/** Messages in a page of history. */
export const MAX_HISTORY_MESSAGES = 1_000;
