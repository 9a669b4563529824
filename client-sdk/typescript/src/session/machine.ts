// The session itself: what its owner may ask of it, and what it wants done.

import { type Backoff, pauseAfter } from "../backoff.js";
import type { Closed } from "../closed.js";
import { type FanfareError, sessionClosed } from "../error.js";
import type { Event } from "../event.js";
import { type Limits, MAX_REQUESTED_PAUSE } from "../limits.js";
import type { Place } from "../place.js";
import type { ErrorCode } from "../protocol/codes.js";
import type { ClientFrame, Hello, ServerFrame, Subscribe, Subscribed, Welcome } from "../protocol/frame.js";
import { MAX_CLIENT_SUB } from "../protocol/limits.js";
import type { Position } from "../protocol/position.js";
import type { Random } from "../random.js";
import { takeBrokerNumber } from "./broker_numbers.js";
import type { Call } from "./call.js";
import { Liveness } from "./liveness.js";
import { Outbox } from "./outbox.js";
import { Refresh } from "./refresh.js";
import { Requests, type Waiting } from "./requests.js";
import { Subscription } from "./subscription.js";

/** What the session wants done, beside frames to be sent. */
export type Output<T> =
  /** The broker has let this client in. */
  | { readonly type: "welcomed"; readonly welcome: Welcome }
  /** A request has its answer, or has failed. */
  | { readonly type: "answer"; readonly ticket: T; readonly answer: ServerFrame }
  | { readonly type: "failure"; readonly ticket: T; readonly error: FanfareError }
  /** A subscription begins at this place. */
  | { readonly type: "begin"; readonly sub: number; readonly place: Place }
  /** The token brings a subscription along. It is open, with a number of this client's. */
  | { readonly type: "granted"; readonly sub: number; readonly frame: Subscribed }
  /** Something for the reader of a subscription. */
  | { readonly type: "deliver"; readonly sub: number; readonly event: Event }
  /** After what was delivered, a subscription stands at these heads. */
  | { readonly type: "advance"; readonly sub: number; readonly heads: Position }
  /** The broker ended a subscription. */
  | { readonly type: "unsubscribed"; readonly sub: number; readonly code: ErrorCode | undefined }
  /** The broker refused to resume a subscription. */
  | { readonly type: "not_resumed"; readonly sub: number; readonly error: FanfareError }
  /** Something went wrong that nobody awaits an answer of. */
  | { readonly type: "complaint"; readonly error: FanfareError }
  /** The token expires soon: a new one is wanted. */
  | { readonly type: "token_wanted" }
  /** Send a close frame with this code after all frames, and go on reading. */
  | { readonly type: "goodbye"; readonly code: number }
  /** The connection has ended: drop it. The broker may have said when it wants this client back. */
  | { readonly type: "disconnected"; readonly why: Closed; readonly returnAt: number | undefined }
  /** The session is over: drop the connection. */
  | { readonly type: "ended"; readonly why: Closed };

/** How far a session has come. */
type Phase =
  /** There is no connection. What is asked waits for the next one. */
  | { readonly at: "offline" }
  /** `hello` is under way, and with it the subscriptions; requests wait for the answer. */
  | { readonly at: "greeting"; readonly until: number; readonly timeout: number }
  /** The broker said `welcome`. */
  | { readonly at: "open" }
  /** The session is to end: first the answers under way, then the close frames of both sides. */
  | { readonly at: "closing"; readonly why: Closed; readonly until: number; readonly saidGoodbye: boolean }
  /** Nothing goes in or out any more. */
  | { readonly at: "ended"; readonly why: Closed };

/** A client's session, over one connection after another. Pure: no socket, no clock, no timer. */
export class Session<T> {
  phase: Phase = { at: "offline" };
  readonly requests: Requests<T>;
  readonly subscriptions = new Map<number, Subscription>();
  /** What the token brought along and the broker opened on this connection: the number here for the broker's own. */
  readonly brokerNumbers = new Map<number, number>();
  /** The number for the next one that the token brings along: they count down, a client's others count up. */
  lastGranted = MAX_CLIENT_SUB;
  readonly outbox = new Outbox();
  readonly refresh: Refresh;
  readonly outputs: Output<T>[] = [];
  readonly backoff: Backoff;
  readonly random: Random;
  liveness = new Liveness();
  /** Proves to the broker, on the next connection, that this client was there before. */
  resume: string | undefined;
  /** When the broker wants this client back. */
  returnAt: number | undefined;

  /** Begins a session that has no connection yet; `renewsToken` says whether another token can be had. */
  constructor(limits: Limits, random: Random, renewsToken: boolean) {
    this.requests = new Requests(limits);
    this.refresh = new Refresh(renewsToken);
    this.backoff = limits.reconnectPause;
    this.random = random;
  }

  /**
   * There is a connection: says `hello`, resumes the subscriptions, and repeats the requests that can be repeated.
   * The broker must welcome this client by `until`.
   */
  connected(now: number, hello: Hello, until: number): void {
    if (this.phase.at !== "offline") return;
    this.phase = { at: "greeting", until, timeout: Math.max(until - now, 0) };
    this.liveness = new Liveness();
    const wanted = [...this.subscriptions].filter(([, subscription]) => subscription.isWanted());
    const subs = wanted.map(([sub]) => sub).sort((a, b) => a - b);
    this.outbox.connected({ ...hello, resume: this.resume }, subs, this.requests.repeated());
  }

  /** Asks the broker; the ticket comes back with the answer. Its time counts from `asked`. */
  call(asked: number, call: Call, ticket: T): void {
    if (this.#admits(ticket)) this.outbox.push({ request: this.requests.add(asked, call, ticket) });
  }

  /** Opens a subscription; the ticket comes back when it is open. */
  subscribe(asked: number, subscribe: Subscribe, ticket: T): void {
    if (!this.#admits(ticket)) return;
    const request = this.requests.add(asked, { op: "subscribe" }, ticket);
    this.subscriptions.set(subscribe.sub, new Subscription(subscribe, request));
    this.outbox.push({ sub: subscribe.sub });
  }

  /** Ends a subscription. Nothing of it is delivered from here on. */
  unsubscribe(sub: number): void {
    const subscription = this.subscriptions.get(sub);
    if (subscription === undefined) return;
    this.subscriptions.delete(sub);
    const request = subscription.request();
    if (request !== undefined) this.requests.take(request);
    const asked = !this.outbox.remove({ sub }) && subscription.isAtBroker();
    const number = takeBrokerNumber(this, sub) ?? sub;
    if (asked && this.isConnected()) this.send({ op: "unsubscribe", sub: number });
  }

  /** Asks for a sign of life. */
  ping(asked: number, ticket: T): void {
    if (this.#admits(ticket)) this.outbox.push({ request: this.requests.add(asked, { op: "ping" }, ticket) });
  }

  /** Forgets a request that was not sent yet; one that was is answered as if nothing had been. */
  cancel(ticket: T): void {
    const number = this.requests.unsentOf(ticket);
    if (number !== undefined && this.requests.take(number)) this.outbox.remove({ request: number });
  }

  /** Sends a frame that awaits no answer. */
  send(frame: ClientFrame): void {
    if (this.isActive()) this.outbox.push({ plain: frame });
  }

  /** The time may have jumped, or the network changed: the broker must give a sign of life soon. */
  check(now: number): void {
    if (!this.isOpen() || !this.liveness.expect(now)) return;
    this.outbox.push({ request: this.requests.add(now, { op: "ping" }) });
  }

  /** A new token is there. */
  renew(now: number, token: string): void {
    if (this.isOpen()) this.outbox.push({ request: this.requests.add(now, { op: "refresh", token }) });
  }

  /** There was no token when one was wanted: asks again later, until the broker loses patience. */
  renewFailed(now: number, error: FanfareError): void {
    if (!this.isOpen()) return;
    this.refresh.due = now + this.pauseBefore(this.refresh.failures++, error);
    this.outputs.push({ type: "complaint", error });
  }

  /** The pause that the broker wants or one that grows with each failure, whichever is longer. */
  pauseBefore(failures: number, error: FanfareError): number {
    const wanted = Math.min(error.retryAfterMs ?? 0, MAX_REQUESTED_PAUSE);
    return Math.max(pauseAfter(this.backoff, failures, this.random()), wanted);
  }

  /** The next thing to be done. */
  nextOutput(): Output<T> | undefined {
    return this.outputs.shift();
  }

  /** How many requests await their answer. */
  get inFlight(): number {
    return this.requests.size;
  }

  /** Whether the session takes requests. */
  isActive(): boolean {
    return this.phase.at !== "closing" && this.phase.at !== "ended";
  }

  isConnected(): boolean {
    return this.phase.at === "greeting" || this.phase.at === "open";
  }

  /** Whether the broker has let this client in, and the session is not about to end. */
  isOpen(): boolean {
    return this.phase.at === "open";
  }

  /** Whether the broker has let this client in, on this connection. */
  isWelcome(): boolean {
    return this.phase.at === "open" || this.phase.at === "closing";
  }

  /** Gives a ticket back; an answer to a request that has timed out is nobody's. */
  settle(request: Waiting<T> | undefined, answer: ServerFrame): void {
    if (request?.ticket !== undefined) this.outputs.push({ type: "answer", ticket: request.ticket, answer });
  }

  /** Gives a ticket back with the reason why there is no answer. */
  fail(request: Waiting<T> | undefined, error: FanfareError): void {
    if (request?.ticket !== undefined) this.outputs.push({ type: "failure", ticket: request.ticket, error });
  }

  /** Gives a ticket back with the reason if the session takes no more requests. */
  #admits(ticket: T): boolean {
    if (this.phase.at !== "closing" && this.phase.at !== "ended") return true;
    this.outputs.push({ type: "failure", ticket, error: sessionClosed(this.phase.why) });
    return false;
  }
}
