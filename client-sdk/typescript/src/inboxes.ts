// The buffers of all subscriptions of a client, the bound that they share, and how memory is had from them.

import type { Total } from "./backlog.js";
import type { FanfareError } from "./error.js";
import type { Event } from "./event.js";
import { Inbox } from "./inbox.js";
import type { Limits } from "./limits.js";
import type { Session } from "./session/machine.js";
import { pause, relief, unpause } from "./session/pause.js";
import type { Ticket } from "./ticket.js";

/** The buffers of all subscriptions by their numbers, as the driver sees them. */
export class Inboxes extends Map<number, Inbox> {
  readonly #session: Session<Ticket>;
  readonly #limits: Limits;
  readonly #resumed: () => void;
  /** What all of them hold. */
  readonly #total: Total = { bytes: 0 };

  /** `resumed` hears that a subscription that was paused is to go on. */
  constructor(session: Session<Ticket>, limits: Limits, resumed: () => void) {
    super();
    this.#session = session;
    this.#limits = limits;
    this.#resumed = resumed;
  }

  /** A buffer for a new subscription. */
  make(): Inbox {
    return new Inbox(this.#limits.buffer, this.#total);
  }

  /** Adds an event. Readers may have left too much waiting, one of them or all together. */
  push(sub: number, event: Event): void {
    const inbox = this.get(sub);
    inbox?.push(event);
    if (inbox?.isFull() === true) this.#free(sub, 1);
    if (this.#total.bytes > this.#limits.maxBufferedBytes) this.#relieveFullest(sub);
  }

  /** Ends one subscription for its reader, or all. */
  finish(error: FanfareError | undefined, sub?: number): void {
    for (const own of sub === undefined ? this.keys() : [sub]) {
      this.get(own)?.finish({ error });
      this.delete(own);
    }
  }

  /** The fullest subscription gives half of what it holds up. */
  #relieveFullest(pushed: number): void {
    let [fullest, most] = [pushed, 0];
    for (const [sub, inbox] of this) {
      const bytes = relief(this.#session, sub) === "quiet" ? 0 : inbox.spareBytes();
      if (bytes > most) [fullest, most] = [sub, bytes];
    }
    if (most > 0) this.#free(fullest, 1 / 2);
  }

  /** A subscription keeps this part of what waits: it is paused, or loses its oldest messages if no stream keeps them. */
  #free(sub: number, kept: number): void {
    const inbox = this.get(sub);
    const how = relief(this.#session, sub);
    if (how === "drop") inbox?.shed(kept);
    if (how !== "pause" || inbox === undefined) return;
    const resume = (): void => {
      unpause(this.#session, sub);
      this.#resumed();
    };
    pause(this.#session, sub, inbox.pause(kept, resume));
  }
}
