// A subscription: a stream of messages, or of everything that there is to tell.

import type { FanfareError } from "./error.js";
import type { Event } from "./event.js";
import type { End, Inbox } from "./inbox.js";
import type { Gap, Subscribed } from "./protocol/frame.js";
import type { Message } from "./protocol/message.js";
import type { Position } from "./protocol/position.js";
import { guarded } from "./guard.js";

/** Hears of each message; what it promises is awaited before the next one. */
export type OnMessage<T> = (message: Message<T>) => unknown;

/** What a subscription asks of its client. @internal */
export interface Hooks {
  readonly pattern: string;
  readonly inbox: Inbox;
  readonly ready: Promise<Subscribed>;
  readonly onGap?: ((gap: Gap) => void) | undefined;
  leave(): void;
}

/**
 * A subscription. Iterate over it for its messages, in order; leaving the loop ends it.
 *
 * It outlives its connection: on the next one it goes on where it stands, and nothing comes twice. What can't be had is
 * told in its place: as `gaps` of the message after it, to `onGap`, and among `events()`.
 */
export class Subscription<T = unknown> implements AsyncIterable<Message<T>> {
  /** What was subscribed. */
  readonly pattern: string;
  /** Resolves when the broker has opened it, with the position where it begins; rejects if it could not be opened. */
  readonly ready: Promise<Position>;
  /** Resolves when there will be no more messages: with the reason, or nothing if this program ended it. */
  readonly ended: Promise<FanfareError | undefined>;
  readonly #hooks: Hooks;
  #finish: (end: FanfareError | undefined) => void = () => undefined;
  #waiting: (() => void)[] = [];
  #gaps: Gap[] = [];

  /** @internal */
  constructor(hooks: Hooks, onMessage?: OnMessage<T>) {
    this.#hooks = hooks;
    this.pattern = hooks.pattern;
    this.ready = hooks.ready.then(({ position }) => position);
    this.ended = new Promise((resolve) => {
      this.#finish = resolve;
    });
    // Whoever reads hears of a failure there.
    this.ready.catch(() => undefined);
    const drain = onMessage && this.#drainTo(onMessage);
    hooks.inbox.onWake(() => {
      drain?.();
      for (const wake of this.#waiting.splice(0)) wake();
      if (hooks.inbox.end !== undefined) this.#finish(hooks.inbox.end.error as FanfareError | undefined);
    });
  }

  /** Where it stands after what was taken from it: keep it, and go on from there with `from: { position }`. */
  get position(): Position {
    return this.#hooks.inbox.position;
  }

  /** Ends it. Nothing more comes. */
  unsubscribe(): void {
    this.#end({ error: undefined });
  }

  /** @internal */
  abort(reason: unknown): void {
    this.#end({ error: reason });
  }

  /** Its messages. Throws the reason if it ends, unless this program ended it. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Message<T>, void, undefined> {
    for await (const event of this.events()) {
      const message = this.#messageOf(event);
      if (message !== undefined) yield message;
    }
  }

  /** Everything that there is to tell, in order: messages, gaps, and how the subscription fares. */
  async *events(): AsyncGenerator<Event<T>, void, undefined> {
    const { inbox } = this.#hooks;
    try {
      for (;;) {
        const event = inbox.take();
        if (event !== undefined) {
          yield event;
        } else if (inbox.end !== undefined) {
          // What aborted it may be anything.
          // eslint-disable-next-line @typescript-eslint/only-throw-error
          if (inbox.end.error !== undefined) throw inbox.end.error;
          return;
        } else {
          await new Promise<void>((resolve) => this.#waiting.push(resolve));
        }
      }
    } finally {
      this.unsubscribe();
    }
  }

  /** Gives the callback one message after another. */
  #drainTo(onMessage: OnMessage<T>): () => void {
    let busy = false;
    const drain = (): void => {
      while (!busy) {
        const event = this.#hooks.inbox.take();
        if (event === undefined) return;
        const message = this.#messageOf(event);
        const result = message && guarded(() => onMessage(message));
        if (!(result instanceof Promise)) continue;
        busy = true;
        void guarded(() =>
          result.finally(() => {
            busy = false;
            drain();
          }),
        );
      }
    };
    return drain;
  }

  /** The message, if it is one; what is missing is told with the next one. */
  #messageOf(event: Event<T>): Message<T> | undefined {
    if (event.type === "gap") {
      const { onGap } = this.#hooks;
      if (onGap !== undefined) guarded(() => onGap(event.gap));
      this.#gaps.push(event.gap);
    }
    if (event.type !== "message") return undefined;
    if (this.#gaps.length > 0) event.message.gaps = this.#gaps.splice(0);
    return event.message;
  }

  #end(end: End): void {
    if (this.#hooks.inbox.end !== undefined) return;
    this.#hooks.inbox.finish(end, true);
    this.#hooks.leave();
  }
}
