// Frames that wait to be sent, and in which order they go out on a new connection.

import type { ClientFrame, Hello } from "../protocol/frame.js";

/** Something that is asked of the broker, maybe more than once. Its frame is made when it is sent. */
export type Ask = { readonly sub: number } | { readonly request: number };

/** What waits to be sent: something to ask, or a frame that awaits no answer. */
export type Entry = Ask | { readonly plain: ClientFrame };

interface Later {
  readonly at: number;
  readonly ask: Ask;
}

/** Frames that wait to be sent. */
export class Outbox {
  /** What goes out before the broker's welcome. */
  #greeting: Entry[] = [];
  #entries: Entry[] = [];
  /** What is to be asked again, and when; the soonest first. */
  #later: Later[] = [];

  push(entry: Entry): void {
    this.#entries.push(entry);
  }

  /** Asks again at this time. */
  pushLater(at: number, ask: Ask): void {
    this.#later.push({ at, ask });
    this.#later.sort((a, b) => a.at - b.at);
  }

  /** The next frame, as far as frames may go out. */
  pop(welcome: boolean): Entry | undefined {
    return this.#greeting.shift() ?? (welcome ? this.#entries.shift() : undefined);
  }

  /** Whether a frame may go out now. */
  hasSome(welcome: boolean): boolean {
    return this.#greeting.length > 0 || (welcome && this.#entries.length > 0);
  }

  get length(): number {
    return this.#greeting.length + this.#entries.length;
  }

  /** When something is to be asked again; never is infinite. */
  due(): number {
    return this.#later[0]?.at ?? Infinity;
  }

  /** Queues what is to be asked again by now. */
  tick(now: number): void {
    while (this.due() <= now) this.#entries.push(...this.#later.splice(0, 1).map(({ ask }) => ask));
  }

  /** Forgets what is not to be asked any more; says whether it still waited. */
  remove(ask: Ask): boolean {
    const before = this.length + this.#later.length;
    const other = (entry: Entry): boolean => !isSame(entry, ask);
    this.#greeting = this.#greeting.filter(other);
    this.#entries = this.#entries.filter(other);
    this.#later = this.#later.filter((later) => other(later.ask));
    return this.length + this.#later.length < before;
  }

  /** Forgets what belonged to the connection that has ended, and keeps what is still to be sent. */
  disconnected(): void {
    this.#greeting = [];
    this.#later = [];
    this.#entries = this.#entries.filter(
      (entry) => !(/* @__KEY__ */ "plain" in entry) || entry.plain.op === "publish",
    );
  }

  /** Begins a connection: `hello`, then what was asked before and is asked again, then what waited. */
  connected(hello: Hello, subs: readonly number[], requests: readonly number[]): void {
    const waiting = this.#entries;
    const fresh = (ask: Ask): boolean => !waiting.some((entry) => isSame(entry, ask));
    this.#greeting = [{ plain: hello }, ...subs.map((sub) => ({ sub })).filter(fresh)];
    this.#entries = [...requests.map((request) => ({ request })).filter(fresh), ...waiting];
  }

  clear(): void {
    this.#greeting = [];
    this.#entries = [];
    this.#later = [];
  }
}

function isSame(entry: Entry, ask: Ask): boolean {
  if ("sub" in ask) return "sub" in entry && entry.sub === ask.sub;
  return /* @__KEY__ */ "request" in entry && entry.request === ask.request;
}
