// A door before a broker: an address on loopback that stays when the broker goes and comes back on another port.

import { once } from "node:events";
import { type AddressInfo, type Server, type Socket, connect, createServer } from "node:net";

export class Door {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** The port behind it; while there is none, whoever comes is sent away. */
  #port: number | undefined;

  private constructor() {
    this.#server = createServer((socket) => this.#pass(socket));
  }

  /** A door that nothing stands behind yet. */
  static async open(): Promise<Door> {
    const door = new Door();
    door.#server.listen(0, "127.0.0.1");
    await once(door.#server, "listening");
    return door;
  }

  /** Where clients come. */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on it leads to this port, or nowhere. */
  leadTo(port: number | undefined): void {
    this.#port = port;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #pass(outside: Socket): void {
    if (this.#port === undefined) {
      outside.destroy();
      return;
    }
    const inside = connect(this.#port, "127.0.0.1");
    for (const [socket, other] of [
      [outside, inside],
      [inside, outside],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay();
      socket.pipe(other);
      // What came before an end is still passed on.
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.end();
      });
    }
  }
}
