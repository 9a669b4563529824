// What joins session, connection and callers: it moves frames and decides nothing about them.

import { alarm } from "./alarm.js";
import { now } from "./clock.js";
import type { Closed } from "./closed.js";
import { FanfareError, sessionClosed, tooMany } from "./error.js";
import type { Inbox } from "./inbox.js";
import { Inboxes } from "./inboxes.js";
import { MAX_SOCKET_BYTES, MAX_UNSENT } from "./limits.js";
import { Link } from "./link.js";
import { placeAt } from "./place.js";
import type { Plan } from "./plan.js";
import { NORMAL } from "./protocol/codes.js";
import { decode } from "./protocol/decode.js";
import type { Publish, ServerFrame, Subscribe, Subscribed, Welcome } from "./protocol/frame.js";
import type { Random } from "./random.js";
import { Reconnector } from "./reconnect.js";
import type { Call } from "./session/call.js";
import { close, disconnected, dueOf, end, tick, unreadable } from "./session/ending.js";
import { ignore } from "./session/granted.js";
import { type Output, Session } from "./session/machine.js";
import { receive } from "./session/receive.js";
import { canSend, nextFrame } from "./session/send.js";
import { onWake } from "./signals.js";
import type { State } from "./state.js";
import type { Ticket } from "./ticket.js";
import { tokenOf } from "./token.js";

/** What hears of a session. */
export interface Owner {
  changed(state: State): void;
  complained(error: FanfareError): void;
  /** The token brings a subscription along, which fills this buffer; says whether somebody takes it. */
  granted(sub: number, frame: Subscribed, inbox: Inbox): boolean;
}

/** How often a full socket is looked at, in milliseconds. */
const LOOK_EVERY = 20;

/** The task of one client. */
export class Driver {
  readonly #plan: Plan;
  readonly #owner: Owner;
  readonly #session: Session<Ticket>;
  readonly #reconnector: Reconnector;
  readonly #link: Link;
  readonly #setAlarm = alarm(() => this.#work());
  readonly #unwatch: () => void;
  #goodbye: number | undefined;
  #lastSub = 0;
  #unsent = 0;
  #working = false;
  /** The buffers of its subscriptions. */
  readonly inboxes: Inboxes;
  /** What the broker said when it let this client in the last time. */
  welcome: Welcome | undefined;

  readonly #deeds: {
    readonly [T in Output<Ticket>["type"]]: (output: Output<Ticket> & { type: T }) => void;
  } = {
    deliver: ({ sub, event }) => this.inboxes.push(sub, event),
    advance: ({ sub, heads }) => this.inboxes.get(sub)?.advance(heads),
    begin: ({ sub, place }) => this.inboxes.get(sub)?.begin(place),
    granted: ({ sub, frame }) => this.#grant(sub, frame),
    answer: ({ ticket, answer }) => ticket.resolve(answer),
    failure: ({ ticket, error }) => ticket.reject(error),
    unsubscribed: ({ sub, code }) => this.inboxes.finish(unsubscribed(code), sub),
    not_resumed: ({ sub, error }) => this.inboxes.finish(error, sub),
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
    this.inboxes = new Inboxes(this.#session, plan.limits, () => this.#work());
    this.#reconnector = new Reconnector(plan.policy, random);
    this.#link = new Link(plan, {
      opened: (hello, until) => {
        this.#session.connected(now(), hello, until);
        this.#work();
      },
      received: (frame) => this.#received(frame),
      ended: (cause, was) => {
        if (!was) this.#failed(cause);
        else disconnected(this.#session, cause.closed ?? { kind: "lost", detail: cause.message });
        this.#work();
      },
    });
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
      this.inboxes.set(sub, inbox);
      this.#session.subscribe(now(), { op: "subscribe", sub, ...subscribe }, ticket);
    }
    this.#work();
    return sub;
  }

  /** Ends a subscription. */
  unsubscribe(sub: number, ticket: Ticket): void {
    this.inboxes.delete(sub);
    this.#session.unsubscribe(sub);
    this.cancel(ticket);
  }

  /** The connection may have died unnoticed, or a new one may be had. */
  check(): void {
    const time = now();
    if (this.#session.isActive()) this.#link.hurry(time);
    this.#session.check(time);
    this.#work();
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
        if (this.#due() <= time) {
          tick(this.#session, time);
          this.#link.tick(time);
        }
        this.#handOut();
        this.#write(time);
      } while (this.#session.outputs.length > 0 || this.#due() <= time);
    } finally {
      this.#working = false;
    }
    const stuck = this.#link.transport && canSend(this.#session) ? time + LOOK_EVERY : Infinity;
    this.#setAlarm(Math.min(this.#due(), stuck), time);
  }

  /** When something must be done next. */
  #due(): number {
    return Math.min(dueOf(this.#session), this.#link.due);
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

  #write(time: number): void {
    const { transport } = this.#link;
    if (transport === undefined) return;
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
    let output: Output<Ticket> | undefined;
    while ((output = this.#session.nextOutput()) !== undefined) {
      (this.#deeds[output.type] as (output: Output<Ticket>) => void)(output);
    }
  }

  /** The token brings a subscription along: hands it over, if somebody takes it. */
  #grant(sub: number, frame: Subscribed): void {
    const inbox = this.inboxes.make();
    inbox.begin(placeAt(frame.position));
    this.inboxes.set(sub, inbox);
    if (this.#owner.granted(sub, frame, inbox)) return;
    this.inboxes.delete(sub);
    ignore(this.#session, sub);
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
      this.#link.down(Infinity);
      end(this.#session, next.end);
      return;
    }
    this.#link.down(next.tryAt);
    const attempt = this.#reconnector.failures;
    this.#owner.changed({ status: "reconnecting", attempt, cause, pauseMs: next.tryAt - time });
  }

  #end(why: Closed): void {
    this.#link.down(Infinity, NORMAL);
    this.#unwatch();
    this.inboxes.finish(why.kind === "by_client" ? undefined : sessionClosed(why));
    this.#owner.changed({ status: "closed", why });
  }
}

function unsubscribed(code: string | undefined): FanfareError {
  const why = code === undefined ? "" : ` (${code})`;
  return new FanfareError("unsubscribed", `the broker ended the subscription${why}`, { code });
}
