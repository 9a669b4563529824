import { type FanfareError } from "./error.js";
import { type Encoding } from "./protocol/encode.js";
import type { ClientFrame } from "./protocol/frame.js";
/** As much of a WebSocket as this client uses: the platform's own has it, and that of `ws`. */
export interface Socket {
    binaryType: string;
    readonly bufferedAmount: number;
    readonly protocol: string;
    onopen: ((event: never) => unknown) | null;
    onmessage: ((event: never) => unknown) | null;
    onclose: ((event: never) => unknown) | null;
    onerror: ((event: never) => unknown) | null;
    send(data: string | Uint8Array<ArrayBuffer>): void;
    close(code?: number): void;
}
/** What makes a WebSocket. */
export type SocketClass = new (url: string, protocols: string[]) => Socket;
/** What hears of a connection. */
export interface Listener {
    opened(): void;
    received(frame: string | Uint8Array): void;
    /** Nothing more will come. */
    ended(cause: FanfareError): void;
}
/** One connection to a broker. */
export declare class Transport {
    #private;
    constructor(Class: SocketClass, url: string, encoding: Encoding, listener: Listener);
    /** Writes a frame. */
    send(frame: ClientFrame): void;
    /** Bytes that wait to be written. */
    get waitingBytes(): number;
    /** Begins to close; the end comes when the broker has closed, too. */
    close(code: number): void;
    /** Closes, and hears nothing more. */
    drop(): void;
}
