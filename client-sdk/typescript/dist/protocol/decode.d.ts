import type { ServerFrame } from "./frame.js";
/**
 * Reads a frame; none is an op of a later version, to be ignored. A text is JSON, bytes are MessagePack.
 *
 * Throws `Unreadable`.
 */
export declare function decode(frame: string | Uint8Array): ServerFrame | undefined;
