// Requests that await their answer, oldest first; they outlive connections.

import type { Closed } from "../closed.js";
import { type FanfareError, interrupted, notSent, sessionClosed, timedOut } from "../error.js";
import { type Limits, repeatWithin } from "../limits.js";
import type { ClientFrame } from "../protocol/frame.js";
import { type Call, frameOf, isRepeatable } from "./call.js";

/** What is asked, beside calls: to open a subscription (which knows more), a sign of life, a new token's use. */
type Other =
  { readonly op: "subscribe" } | { readonly op: "ping" } | { readonly op: "refresh"; readonly token: string };

/** One request. */
export interface Waiting<T> {
  readonly number: number;
  /** Whom to answer; nobody if the session asks for itself. */
  readonly ticket: T | undefined;
  readonly asked: Call | Other;
  readonly until: number;
  /** When it was first sent: the broker may have got it, on this connection or an earlier one. */
  sent?: number;
  /** Why the last connection ended that it was sent on, if it has. */
  lost?: Closed;
  /** What the broker said the last time, if it is asked again after a pause, and how often it said so. */
  refused?: { readonly failures: number; readonly error: FanfareError };
}

/** Requests that await their answer. Each has a number, its `id` on the wire if it has one there. */
export class Requests<T> {
  /** By number, so in the order in which they were asked. */
  readonly #waiting = new Map<number, Waiting<T>>();
  readonly #limits: Limits;
  /** Pings have no `id`: their answers come in order. Some may have timed out meanwhile. */
  #pings: number[] = [];
  #next = 0;
  /** Time after its first sending within which a message with a key may be sent again. */
  #repeatWithin: number;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#repeatWithin = repeatWithin(limits);
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** The broker says how long it remembers keys, if it does. */
  keysLast(window: number | undefined): void {
    this.#repeatWithin = repeatWithin(this.#limits, window);
  }

  add(askedAt: number, asked: Call | Other, ticket?: T): number {
    const number = this.#next++;
    this.#waiting.set(number, { number, ticket, asked, until: askedAt + this.#limits.requestTimeout });
    return number;
  }

  /** The frame to be sent for a request, if it still waits. */
  send(now: number, number: number): ClientFrame | undefined {
    const waiting = this.#waiting.get(number);
    if (waiting === undefined) return undefined;
    waiting.sent ??= now;
    const { asked } = waiting;
    if (asked.op === "subscribe") return undefined;
    if (asked.op === "refresh") return { op: "refresh", id: number, token: asked.token };
    if (asked.op !== "ping") return frameOf(asked, number);
    this.#pings.push(number);
    return { op: "ping" };
  }

  /**
   * Takes a message with a key that was sent so long ago that the broker may have forgotten the key: sent again, it
   * might be published twice. Says how to tell that its outcome is unknown.
   */
  takeStale(now: number, number: number): [Waiting<T>, FanfareError] | undefined {
    const waiting = this.#waiting.get(number);
    if (waiting?.sent === undefined || !isKeyed(waiting)) return undefined;
    if (now - waiting.sent < this.#repeatWithin) return undefined;
    const error = waiting.refused?.error ?? (waiting.lost && interruptedBy(waiting, waiting.lost));
    if (error === undefined) return undefined;
    this.#waiting.delete(number);
    return [waiting, error];
  }

  take(number: number): Waiting<T> | undefined {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    return waiting;
  }

  /** The number of a request that was not sent and that nobody wants answered any more. */
  unsentOf(ticket: T): number | undefined {
    const wanted = (waiting: Waiting<T>): boolean => waiting.ticket === ticket && waiting.sent === undefined;
    return [...this.#waiting.values()].find(wanted)?.number;
  }

  /** The ping that a `pong` answers. */
  takePing(): Waiting<T> | undefined {
    const number = this.#pings.shift();
    return number === undefined ? undefined : this.take(number);
  }

  /**
   * If the broker could not deal with a message now and it may be sent again, keeps it, and says how often that has
   * happened before.
   */
  postpone(number: number, error: FanfareError): number | undefined {
    const waiting = this.#waiting.get(number);
    if (waiting === undefined || !isKeyed(waiting) || error.code !== "unavailable") return undefined;
    const failures = waiting.refused?.failures ?? 0;
    waiting.refused = { failures: failures + 1, error };
    return failures;
  }

  /** When the oldest request times out: all have the same time, so it is the first. */
  due(): number {
    return this.#first()?.until ?? Infinity;
  }

  /** A request that has timed out, and how to say so. */
  takeOverdue(now: number): [Waiting<T>, FanfareError] | undefined {
    const overdue = this.#first();
    if (overdue === undefined || overdue.until > now) return undefined;
    this.#waiting.delete(overdue.number);
    const what = overdue.asked.op;
    const after = this.#limits.requestTimeout;
    const late = overdue.sent === undefined ? notSent(what, after) : timedOut(what, after);
    return [overdue, overdue.refused?.error ?? late];
  }

  /** Any request. */
  takeFirst(): Waiting<T> | undefined {
    const first = this.#first();
    return first && this.take(first.number);
  }

  /** The connection has ended: gives the requests whose answer is lost with it. */
  disconnected(why: Closed): Waiting<T>[] {
    this.#pings = [];
    const all = [...this.#waiting.values()];
    for (const waiting of all) if (waiting.sent !== undefined) waiting.lost = why;
    const lost = all.filter((waiting) => !isLasting(waiting));
    for (const { number } of lost) this.#waiting.delete(number);
    return lost;
  }

  /** The requests that were sent before and are to be sent again, oldest first. */
  repeated(): number[] {
    const again = ({ sent, asked }: Waiting<T>): boolean => sent !== undefined && asked.op !== "subscribe";
    return [...this.#waiting.values()].filter(again).map(({ number }) => number);
  }

  #first(): Waiting<T> | undefined {
    for (const first of this.#waiting.values()) return first;
    return undefined;
  }
}

/** What to tell if its connection or its session ends before the answer. */
export function interruptedBy({ asked, sent }: Waiting<unknown>, why: Closed): FanfareError {
  const unknown = sent !== undefined && (asked.op === "publish" || asked.op === "ping");
  return unknown ? interrupted(asked.op, why) : sessionClosed(why);
}

function isKeyed({ asked }: Waiting<unknown>): boolean {
  return asked.op === "publish" && isRepeatable(asked);
}

/** Whether a request outlives its connection. */
function isLasting({ asked, sent }: Waiting<unknown>): boolean {
  if (asked.op === "refresh") return false;
  return sent === undefined || asked.op === "subscribe" || (asked.op !== "ping" && isRepeatable(asked));
}
