// What joins session, connection and callers: it moves frames and decides nothing about them.

import { now } from "./clock.js";
import type { Closed } from "./closed.js";
import type { Total } from "./backlog.js";
import { FanfareError, sessionClosed, tooMany, unreachable } from "./error.js";
import { Inbox } from "./inbox.js";
import { type Limits, MAX_SOCKET_BYTES, MAX_UNSENT } from "./limits.js";
import { placeAt } from "./place.js";
import { NORMAL } from "./protocol/codes.js";
import { decode } from "./protocol/decode.js";
import type { Encoding } from "./protocol/encode.js";
import type { Publish, ServerFrame, Subscribe, Subscribed, Welcome } from "./protocol/frame.js";
import type { Random } from "./random.js";
import { type Policy, Reconnector } from "./reconnect.js";
import type { Call } from "./session/call.js";
import { close, disconnected, dueOf, end, tick, unreadable } from "./session/ending.js";
import { ignore } from "./session/granted.js";
import { type Output, Session } from "./session/machine.js";
import { pause, relief, unpause } from "./session/pause.js";
import { receive } from "./session/receive.js";
import { canSend, nextFrame } from "./session/send.js";
import { onWake } from "./signals.js";
import type { State } from "./state.js";
import { type TokenSource, tokenOf } from "./token.js";
import { type SocketClass, Transport } from "./transport.js";

/** What a driver needs to know. */
export interface Plan {
  readonly url: string;
  readonly encoding: Encoding;
  readonly name: string | undefined;
  readonly token: TokenSource | undefined;
  readonly Socket: SocketClass;
  readonly policy: Policy;
  readonly limits: Limits;
}

/** Comes back with the answer to a request. */
export interface Ticket {
  resolve(answer: ServerFrame): void;
  reject(error: FanfareError): void;
}

/** What hears of a session. */
export interface Owner {
  changed(state: State): void;
  complained(error: FanfareError): void;
  /** The token brings a subscription along, which fills this buffer; says whether somebody takes it. */
  granted(sub: number, frame: Subscribed, inbox: Inbox): boolean;
}

/** The connection as it comes and goes, and when something is due: the next try, or the end of this one. */
type Link =
  | { readonly at: "down"; readonly due: number }
  /** `transport` is there once the token is. */
  | { readonly at: "trying"; readonly due: number; readonly transport?: Transport }
  | { readonly at: "up"; readonly due: number; readonly transport: Transport };

/** Longest time that timers take. */
const MAX_TIMER = 2 ** 31 - 1;
/** How often a full socket is looked at, in milliseconds. */
const LOOK_EVERY = 20;

/** The task of one client. */
export class Driver {
  readonly #plan: Plan;
  readonly #owner: Owner;
  readonly #session: Session<Ticket>;
  readonly #reconnector: Reconnector;
  readonly #inboxes = new Map<number, Inbox>();
  /** What all of them hold. */
  readonly #total: Total = { bytes: 0 };
  readonly #unwatch: () => void;
  #link: Link = { at: "down", due: now() };
  #alarm: { readonly at: number; readonly timer: ReturnType<typeof setTimeout> } | undefined;
  #goodbye: number | undefined;
  #lastSub = 0;
  #unsent = 0;
  #working = false;
  /** What the broker said when it let this client in the last time. */
  welcome: Welcome | undefined;

  readonly #deeds: {
    readonly [T in Output<Ticket>["type"]]: (output: Output<Ticket> & { type: T }) => void;
  } = {
    deliver: ({ sub, event }) => {
      this.#inboxes.get(sub)?.push(event);
      this.#relieve(sub);
      if (this.#total.bytes > this.#plan.limits.maxBufferedBytes) this.#relieveFullest(sub);
    },
    advance: ({ sub, heads }) => this.#inboxes.get(sub)?.advance(heads),
    begin: ({ sub, place }) => this.#inboxes.get(sub)?.begin(place),
    granted: ({ sub, frame }) => this.#grant(sub, frame),
    answer: ({ ticket, answer }) => ticket.resolve(answer),
    failure: ({ ticket, error }) => ticket.reject(error),
    unsubscribed: ({ sub, code }) => this.#finish(sub, unsubscribed(code)),
    not_resumed: ({ sub, error }) => this.#finish(sub, error),
    complaint: ({ error }) => this.#owner.complained(error),
    welcomed: ({ welcome }) => {
      this.welcome = welcome;
      this.#reconnector.welcomed(now());
      this.#owner.changed({ status: "connected", session: welcome.session });
    },
    token_wanted: () => void this.#renew(),
    goodbye: ({ code }) => {
      this.#goodbye = code;
    },
    disconnected: ({ why, returnAt }) => this.#failed(sessionClosed(why), returnAt),
    ended: ({ why }) => this.#end(why),
  };

  constructor(plan: Plan, random: Random, owner: Owner) {
    this.#plan = plan;
    this.#owner = owner;
    this.#session = new Session(plan.limits, random, plan.policy.renewsToken);
    this.#reconnector = new Reconnector(plan.policy, random);
    this.#unwatch = onWake(() => this.check());
    // So that the owner exists when it hears of anything.
    queueMicrotask(() => this.#work());
  }

  /** Asks the broker. */
  call(call: Call, ticket: Ticket): void {
    if (this.#hasRoom(call.op, ticket)) this.#session.call(now(), call, ticket);
    this.#work();
  }

  /** Asks for a sign of life. */
  ping(ticket: Ticket): void {
    if (this.#hasRoom("ping", ticket)) this.#session.ping(now(), ticket);
    this.#work();
  }

  /** Forgets a request that was not sent yet. */
  cancel(ticket: Ticket): void {
    this.#session.cancel(ticket);
    this.#work();
  }

  /** Sends a message that awaits no answer. Throws if too many wait to be sent. */
  send(publish: Publish): void {
    const { phase } = this.#session;
    if ("why" in phase) throw sessionClosed(phase.why);
    if (this.#unsent >= MAX_UNSENT) throw tooMany("publish");
    this.#unsent++;
    this.#session.send(publish);
    this.#work();
  }

  /** Opens a subscription that fills a buffer; gives its number. */
  subscribe(subscribe: Omit<Subscribe, "op" | "sub">, inbox: Inbox, ticket: Ticket): number {
    const sub = ++this.#lastSub;
    if (this.#hasRoom("subscribe", ticket)) {
      this.#inboxes.set(sub, inbox);
      this.#session.subscribe(now(), { op: "subscribe", sub, ...subscribe }, ticket);
    }
    this.#work();
    return sub;
  }

  /** Ends a subscription. */
  unsubscribe(sub: number, ticket: Ticket): void {
    this.#inboxes.delete(sub);
    this.#session.unsubscribe(sub);
    this.cancel(ticket);
  }

  /** The connection may have died unnoticed, or a new one may be had. */
  check(): void {
    const time = now();
    if (this.#link.at === "down" && this.#session.isActive()) this.#down(time);
    this.#session.check(time);
    this.#work();
  }

  /** A buffer for a new subscription. */
  inbox(): Inbox {
    return new Inbox(this.#plan.limits.buffer, this.#total);
  }

  /** Ends the session in good order. */
  close(): void {
    close(this.#session, now());
    this.#work();
  }

  #hasRoom(what: string, ticket: Ticket): boolean {
    const room = this.#session.inFlight < this.#plan.limits.maxInFlight;
    if (!room) ticket.reject(tooMany(what));
    return room;
  }

  /** Does all that can be done now. What it calls may ask for more meanwhile. */
  #work(time = now()): void {
    if (this.#working) return;
    this.#working = true;
    try {
      do {
        if (this.#due() <= time) this.#keepTime(time);
        this.#handOut();
        this.#write(time);
      } while (this.#session.outputs.length > 0 || this.#due() <= time);
    } finally {
      this.#working = false;
    }
    this.#setAlarm(time);
  }

  #keepTime(time: number): void {
    tick(this.#session, time);
    if (this.#link.due > time) return;
    if (this.#link.at === "down") void this.#connect();
    else this.#failed(unreachable(this.#plan.url, "no answer in time"));
  }

  /** When something must be done next. */
  #due(): number {
    return Math.min(dueOf(this.#session), this.#link.due);
  }

  /** Deadlines mostly move later, and then the timer is left alone until it fires. */
  #setAlarm(time: number): void {
    const stuck = this.#link.at === "up" && canSend(this.#session) ? time + LOOK_EVERY : Infinity;
    const due = Math.min(this.#due(), stuck);
    if (this.#alarm !== undefined && this.#alarm.at <= due) return;
    clearTimeout(this.#alarm?.timer);
    this.#alarm = undefined;
    if (due === Infinity) return;
    const ring = (): void => {
      this.#alarm = undefined;
      this.#work();
    };
    this.#alarm = { at: due, timer: setTimeout(ring, Math.min(Math.max(due - time, 0), MAX_TIMER)) };
  }

  /** One try at a connection, from the token to the end of the handshake. */
  async #connect(): Promise<void> {
    const { connectTimeout } = this.#plan.limits;
    const trying: Link = { at: "trying", due: now() + connectTimeout };
    this.#link = trying;
    try {
      const token = await tokenOf(this.#plan.token, connectTimeout);
      if (this.#link === trying) this.#open(token, trying.due);
    } catch (cause) {
      if (this.#link === trying) this.#failed(cause as FanfareError);
    }
    this.#work();
  }

  #open(token: string | undefined, until: number): void {
    const { Socket, url, encoding, name } = this.#plan;
    const hello = { op: "hello" as const, token, name };
    const transport = new Transport(Socket, url, encoding, {
      opened: () => {
        this.#link = { at: "up", due: Infinity, transport };
        this.#session.connected(now(), hello, until);
        this.#work();
      },
      received: (frame) => this.#received(frame),
      ended: (cause) => this.#ended(cause),
    });
    this.#link = { at: "trying", due: until, transport };
  }

  /** There is no connection any more; another is tried for at this time. */
  #down(due: number, code?: number): void {
    if (this.#link.at !== "down") this.#link.transport?.drop(code);
    this.#link = { at: "down", due };
  }

  #received(data: string | Uint8Array): void {
    const time = now();
    let frame: ServerFrame | undefined;
    try {
      frame = decode(data);
    } catch (error) {
      unreadable(this.#session, time, String(error));
    }
    if (frame === undefined) this.#session.liveness.heard(time);
    else receive(this.#session, time, frame);
    this.#work(time);
  }

  /** The connection has ended, or could not be had. */
  #ended(cause: FanfareError): void {
    if (this.#link.at === "up") {
      disconnected(this.#session, cause.closed ?? { kind: "lost", detail: cause.message });
    } else {
      this.#failed(cause);
    }
    this.#work();
  }

  #write(time: number): void {
    if (this.#link.at !== "up") return;
    const { transport } = this.#link;
    while (canSend(this.#session) && transport.waitingBytes < MAX_SOCKET_BYTES) {
      const frame = nextFrame(this.#session, time);
      if (frame === undefined) break;
      if (frame.op === "publish" && frame.id === undefined) this.#unsent--;
      transport.send(frame);
    }
    if (this.#goodbye === undefined || canSend(this.#session)) return;
    transport.close(this.#goodbye);
    this.#goodbye = undefined;
  }

  /** Does what the session wants done. */
  #handOut(): void {
    for (let output = this.#session.nextOutput(); output !== undefined; output = this.#session.nextOutput()) {
      (this.#deeds[output.type] as (output: Output<Ticket>) => void)(output);
    }
  }

  /** The token brings a subscription along: hands it over, if somebody takes it. */
  #grant(sub: number, frame: Subscribed): void {
    const inbox = this.inbox();
    inbox.begin(placeAt(frame.position));
    this.#inboxes.set(sub, inbox);
    if (this.#owner.granted(sub, frame, inbox)) return;
    this.#inboxes.delete(sub);
    ignore(this.#session, sub);
  }

  /** A reader may have left too much waiting. */
  #relieve(sub: number): void {
    if (this.#inboxes.get(sub)?.isFull() === true) this.#free(sub, 1);
  }

  /** Readers have left too much waiting, all together: the fullest subscription gives half of it up. */
  #relieveFullest(pushed: number): void {
    let [fullest, most] = [pushed, 0];
    for (const [sub, inbox] of this.#inboxes) {
      const bytes = relief(this.#session, sub) === "quiet" ? 0 : inbox.spareBytes();
      if (bytes > most) [fullest, most] = [sub, bytes];
    }
    if (most > 0) this.#free(fullest, 1 / 2);
  }

  /** A subscription keeps this part of what waits: it is paused, or loses its oldest messages if no stream keeps them. */
  #free(sub: number, kept: number): void {
    const inbox = this.#inboxes.get(sub);
    const how = relief(this.#session, sub);
    if (how === "drop") inbox?.shed(kept);
    if (how !== "pause" || inbox === undefined) return;
    const resume = (): void => {
      unpause(this.#session, sub);
      this.#work();
    };
    pause(this.#session, sub, inbox.pause(kept, resume));
  }

  #finish(sub: number, error: FanfareError): void {
    this.#inboxes.get(sub)?.finish({ error });
    this.#inboxes.delete(sub);
  }

  async #renew(): Promise<void> {
    try {
      const token = await tokenOf(this.#plan.token, this.#plan.limits.connectTimeout);
      this.#session.renew(now(), token ?? "");
    } catch (error) {
      this.#session.renewFailed(now(), error as FanfareError);
    }
    this.#work();
  }

  /** There is no connection for this reason: looks for another one, if there is to be one. */
  #failed(cause: FanfareError, returnAt?: number): void {
    const time = now();
    this.#goodbye = undefined;
    const next = this.#reconnector.failed(time, cause, returnAt);
    if ("end" in next) {
      this.#down(Infinity);
      end(this.#session, next.end);
      return;
    }
    this.#down(next.tryAt);
    const attempt = this.#reconnector.failures;
    this.#owner.changed({ status: "reconnecting", attempt, cause, pauseMs: next.tryAt - time });
  }

  #end(why: Closed): void {
    this.#down(Infinity, NORMAL);
    this.#unwatch();
    const error = why.kind === "by_client" ? undefined : sessionClosed(why);
    for (const inbox of this.#inboxes.values()) inbox.finish({ error });
    this.#inboxes.clear();
    this.#owner.changed({ status: "closed", why });
  }
}

function unsubscribed(code: string | undefined): FanfareError {
  const why = code === undefined ? "" : ` (${code})`;
  return new FanfareError("unsubscribed", `the broker ended the subscription${why}`, { code });
}
