// One WebSocket connection: frames in either encoding, and how it ends. Knows nothing of sessions.

import type { Closed } from "./closed.js";
import { type FanfareError, sessionClosed, unreachable } from "./error.js";
import { ABNORMAL } from "./protocol/codes.js";
import { type Encoding, encode, subprotocol } from "./protocol/encode.js";
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

/** What `ws` says of a handshake that was refused. */
const REFUSED = /server response: (\d{3})/;

/** One connection to a broker. */
export class Transport {
  readonly #socket: Socket;
  readonly #encoding: Encoding;

  constructor(Class: SocketClass, url: string, encoding: Encoding, listener: Listener) {
    this.#encoding = encoding;
    const socket = new Class(url, [subprotocol(encoding)]);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    let open = false;
    let detail = "no connection";
    socket.onopen = () => {
      open = socket.protocol === subprotocol(encoding);
      if (open) {
        listener.opened();
        return;
      }
      this.drop();
      listener.ended(unreachable(url, "it is no Fanfare broker"));
    };
    socket.onmessage = ({ data }: { data: string | ArrayBuffer }) => {
      listener.received(typeof data === "string" ? data : new Uint8Array(data));
    };
    socket.onerror = (event: { message?: string }) => {
      detail = event.message ?? detail;
    };
    socket.onclose = ({ code, reason }: { code: number; reason: string }) => {
      this.drop();
      listener.ended(open ? sessionClosed(closedBy(code, reason)) : refused(url, detail));
    };
  }

  /** Writes a frame. */
  send(frame: ClientFrame): void {
    this.#socket.send(encode(this.#encoding, frame));
  }

  /** Bytes that wait to be written. */
  get waitingBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Begins to close; the end comes when the broker has closed, too. */
  close(code: number): void {
    this.#socket.close(code);
  }

  /** Closes, and hears nothing more. */
  drop(): void {
    const nothing = (): void => undefined;
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    // `ws` throws errors that nobody hears.
    this.#socket.onerror = nothing;
    this.#socket.close();
  }
}

/** Only `ws` tells the status. */
function refused(url: string, detail: string): FanfareError {
  const status = Number(REFUSED.exec(detail)?.[1]);
  return status > 0 ? sessionClosed({ kind: "refused", status }) : unreachable(url, detail);
}

function closedBy(code: number, reason: string): Closed {
  if (code !== ABNORMAL) return { kind: "by_broker", code, reason };
  return { kind: "lost", detail: "the other side went away without a close frame" };
}
