// What a session does with each frame of the broker.

import { type FanfareError, requestRefused } from "../error.js";
import type { Event } from "../event.js";
import { MAX_REQUESTED_PAUSE } from "../limits.js";
import type { ErrorFrame, Gap, ServerFrame, Subscribed, Welcome } from "../protocol/frame.js";
import { MAX_CLIENT_SUB } from "../protocol/limits.js";
import { sayGoodbyeWhenAnswered } from "./ending.js";
import { numberHere, takeBrokerNumber } from "./broker_numbers.js";
import { grant } from "./granted.js";
import type { Session } from "./machine.js";
import { askLater } from "./send.js";

/** Says that ephemeral messages may be missing, and that nobody knows how many. */
const EPHEMERAL_GAP: Gap = { reason: "dropped" };

/** Takes a frame from the broker. */
export function receive<T>(session: Session<T>, now: number, frame: ServerFrame): void {
  const deed = DEEDS[frame.op] as
    ((session: Session<T>, frame: ServerFrame, now: number) => void) | undefined;
  (deed ?? answered)(session, frame as ServerFrame & { id: number }, now);
  session.liveness.heard(now);
  sayGoodbyeWhenAnswered(session);
}

function answered<T>(session: Session<T>, frame: ServerFrame & { id: number }, now: number): void {
  const request = session.requests.take(frame.id);
  if (frame.op === "ok" && request?.asked.op === "refresh") session.refresh.lasts(now, frame.expires_in_ms);
  session.settle(request, frame);
}

function welcome<T>(session: Session<T>, frame: Welcome, now: number): void {
  if (session.phase.at !== "greeting") return;
  session.phase = { at: "open" };
  session.liveness.begin(now, frame.heartbeat_ms);
  session.requests.keysLast(frame.key_window_ms);
  session.refresh.lasts(now, frame.expires_in_ms);
  session.resume = frame.resume;
  session.outputs.push({ type: "welcomed", welcome: frame });
}

/** The frame has the fields of the event, and the event's name as its op. */
function deliver<T>(
  session: Session<T>,
  { op: type, sub: said, ...fields }: ServerFrame & { sub: number },
): void {
  const event = { type, ...fields } as Event;
  const sub = numberHere(session, said);
  if (session.isActive() && session.subscriptions.get(sub)?.pass(event) === true) {
    session.outputs.push({ type: "deliver", sub, event });
  }
}

function ponged<T>(session: Session<T>, frame: ServerFrame): void {
  session.settle(session.requests.takePing(), frame);
}

function sentAway<T>(session: Session<T>, frame: ServerFrame & { op: "goaway" }, now: number): void {
  session.returnAt = now + Math.min(frame.reconnect_after_ms, MAX_REQUESTED_PAUSE);
}

function pinged<T>(session: Session<T>, { position, except = [] }: ServerFrame & { op: "ping" }): void {
  session.send({ op: "pong" });
  if (position === undefined) return;
  const others = except.map((sub) => numberHere(session, sub));
  for (const [sub, subscription] of session.subscriptions) {
    if (others.includes(sub) || !subscription.advance(position)) continue;
    session.outputs.push({ type: "advance", sub, heads: position });
  }
}

function subscribed<T>(session: Session<T>, frame: Subscribed): void {
  const { sub, position, live } = frame;
  if (sub > MAX_CLIENT_SUB) {
    grant(session, frame);
    return;
  }
  const opened = session.subscriptions.get(sub)?.opened(frame);
  if (opened === undefined) return;
  if (/* @__KEY__ */ "request" in opened) {
    session.outputs.push({ type: "begin", sub, place: opened.place });
    session.settle(session.requests.take(opened.request), frame);
    return;
  }
  const recovered = frame.recovered !== false;
  if (opened.incomplete)
    session.outputs.push({ type: "deliver", sub, event: { type: "gap", gap: EPHEMERAL_GAP } });
  if (opened.broken || !recovered) {
    session.outputs.push({ type: "deliver", sub, event: { type: "resumed", position, recovered, live } });
  } else if (live) {
    // It was behind while it was paused; if it is not live, it is so still.
    session.outputs.push({ type: "deliver", sub, event: { type: "live", position } });
  }
}

function unsubscribed<T>(session: Session<T>, frame: ServerFrame & { op: "unsubscribed" }): void {
  const { code } = frame;
  const sub = numberHere(session, frame.sub);
  if (session.subscriptions.get(sub)?.left(code) === true) return;
  if (!session.subscriptions.delete(sub)) return;
  takeBrokerNumber(session, sub);
  session.outputs.push({ type: "unsubscribed", sub, code });
}

function refused<T>(session: Session<T>, frame: ErrorFrame, now: number): void {
  const error = requestRefused(frame);
  const { id, sub = Infinity, code } = frame;
  if (id !== undefined) requestWasRefused(session, now, id, error);
  else if (sub <= MAX_CLIENT_SUB) subscriptionWasRefused(session, now, sub, error);
  // That what the token brought along is gone already is no news.
  else if (sub === Infinity || code !== "not_found") session.outputs.push({ type: "complaint", error });
}

function requestWasRefused<T>(session: Session<T>, now: number, id: number, error: FanfareError): void {
  const failures = session.requests.postpone(id, error);
  if (failures !== undefined) {
    askLater(session, now, { request: id }, failures, error);
    return;
  }
  const request = session.requests.take(id);
  if (request?.asked.op === "refresh") session.renewFailed(now, error);
  session.fail(request, error);
}

/**
 * One that is open can't be refused: the answer to an `unsubscribe` that crossed the broker's own interests nobody any
 * more.
 */
function subscriptionWasRefused<T>(session: Session<T>, now: number, sub: number, error: FanfareError): void {
  const refusal = session.subscriptions.get(sub)?.refused(error.code ?? "internal");
  if (refusal === undefined) return;
  if (refusal === "final") {
    session.subscriptions.delete(sub);
    session.outputs.push({ type: "not_resumed", sub, error });
  } else if (/* @__KEY__ */ "request" in refusal) {
    session.subscriptions.delete(sub);
    session.fail(session.requests.take(refusal.request), error);
  } else {
    askLater(session, now, { sub }, refusal.failures, error);
    session.outputs.push({ type: "complaint", error });
  }
}

/** What to do with each frame; all others answer requests. */
const DEEDS: Readonly<
  Partial<Record<ServerFrame["op"], (session: never, frame: never, now: number) => void>>
> = {
  message: deliver,
  gap: deliver,
  behind: deliver,
  live: deliver,
  welcome,
  subscribed,
  unsubscribed,
  error: refused,
  ping: pinged,
  pong: ponged,
  goaway: sentAway,
};
