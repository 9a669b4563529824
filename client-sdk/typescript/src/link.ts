// The connection as it comes and goes: waited for, tried for, up.

import { now } from "./clock.js";
import { type FanfareError, unreachable } from "./error.js";
import type { Plan } from "./plan.js";
import type { Hello } from "./protocol/frame.js";
import { tokenOf } from "./token.js";
import { Transport } from "./transport.js";

/** How far it has come, and when something is due: the next try, or the end of this one. */
type Stage =
  | { readonly at: "down"; readonly due: number; readonly transport?: undefined }
  /** `transport` is there once the token is. */
  | { readonly at: "trying"; readonly due: number; readonly transport?: Transport }
  | { readonly at: "up"; readonly due: number; readonly transport: Transport };

/** What hears of it. */
export interface Ends {
  /** There is a connection, on which the broker must welcome this client by `until`. */
  opened(hello: Hello, until: number): void;
  received(frame: string | Uint8Array): void;
  /** The connection has ended, if there `was` one; otherwise none could be had. */
  ended(cause: FanfareError, was: boolean): void;
}

/** The connection of one client. */
export class Link {
  readonly #plan: Plan;
  readonly #ends: Ends;
  #stage: Stage = { at: "down", due: now() };

  constructor(plan: Plan, ends: Ends) {
    this.#plan = plan;
    this.#ends = ends;
  }

  /** When something must be done next. */
  get due(): number {
    return this.#stage.due;
  }

  /** The connection, if there is one. */
  get transport(): Transport | undefined {
    return this.#stage.at === "up" ? this.#stage.transport : undefined;
  }

  /** Begins a try that is due, or gives up one that takes too long. */
  tick(time: number): void {
    const { at, due } = this.#stage;
    if (due > time) return;
    if (at === "down") void this.#connect();
    else this.#ends.ended(unreachable(this.#plan.url, "no answer in time"), false);
  }

  /** Makes the next try due now, if none is under way. */
  hurry(time: number): void {
    if (this.#stage.at === "down") this.down(time);
  }

  /** There is no connection any more; another is tried for at this time. */
  down(due: number, code?: number): void {
    this.#stage.transport?.drop(code);
    this.#stage = { at: "down", due };
  }

  /** One try at a connection, from the token to the end of the handshake. */
  async #connect(): Promise<void> {
    const { limits, token } = this.#plan;
    const trying: Stage = { at: "trying", due: now() + limits.connectTimeout };
    this.#stage = trying;
    try {
      const next = await tokenOf(token, limits.connectTimeout);
      if (this.#stage === trying) this.#open(next, trying.due);
    } catch (cause) {
      if (this.#stage === trying) this.#ends.ended(cause as FanfareError, false);
    }
  }

  #open(token: string | undefined, until: number): void {
    const { Socket, url, encoding, name } = this.#plan;
    const ends = this.#ends;
    const transport = new Transport(Socket, url, encoding, {
      ...ends,
      opened: () => {
        this.#stage = { at: "up", due: Infinity, transport };
        ends.opened({ op: "hello", token, name }, until);
      },
      ended: (cause) => ends.ended(cause, this.#stage.at === "up"),
    });
    this.#stage = { at: "trying", due: until, transport };
  }
}
