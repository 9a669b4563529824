import type { ClientFrame } from "./frame.js";
/** How frames are written. */
export type Encoding = "msgpack" | "json";
/** The WebSocket subprotocol that stands for an encoding. */
export declare const subprotocol: (encoding: Encoding) => string;
/** Writes a frame: a text in JSON, bytes in MessagePack. */
export declare function encode(encoding: Encoding, frame: ClientFrame): string | Uint8Array<ArrayBuffer>;
