/** Bytes of a topic or pattern. */
export declare const MAX_TOPIC_BYTES = 256;
/** Segments of a topic or pattern. */
export declare const MAX_TOPIC_SEGMENTS = 16;
/** Streams in a position. */
export declare const MAX_POSITION_STREAMS = 64;
/** Bytes of the key of a publish. */
export declare const MAX_KEY_BYTES = 128;
/** Bytes of all names and values of headers. */
export declare const MAX_HEADERS_BYTES = 4096;
/** Messages in a page of history. */
export declare const MAX_HISTORY_MESSAGES = 1000;
