// How a connection and a session end, and what the passing of time does to them.

import type { Closed } from "../closed.js";
import { CLOSE_TIMEOUT } from "../limits.js";
import { NORMAL, PROTOCOL } from "../protocol/codes.js";
import type { Session } from "./machine.js";
import { type Waiting, interruptedBy } from "./requests.js";

/**
 * Ends the session in good order: what is under way gets its answer first, if it comes in time. While there is no
 * connection, the session ends at once.
 */
export function close<T>(session: Session<T>, now: number): void {
  if (session.phase.at === "offline" || session.phase.at === "greeting") end(session, { kind: "by_client" });
  else if (session.phase.at === "open") beginClosing(session, now, { kind: "by_client" });
}

/** The broker sent a frame that can't be read. What was lost with it is unknown, so the session ends. */
export function unreadable<T>(session: Session<T>, now: number, detail: string): void {
  if (!session.isActive()) return;
  const why: Closed = { kind: "unreadable", detail };
  failAll(session, why);
  beginClosing(session, now, why);
}

/**
 * The connection has ended. A session that was to end has ended with it, for its own reason; any other waits for the
 * next connection, and keeps all that can go on there.
 */
export function disconnected<T>(session: Session<T>, why: Closed): void {
  if (session.phase.at === "closing") end(session, session.phase.why);
  if (!session.isConnected()) return;
  session.phase = { at: "offline" };
  for (const subscription of session.subscriptions.values()) subscription.disconnected();
  session.brokerNumbers.clear();
  session.outbox.disconnected();
  session.refresh.due = Infinity;
  for (const lost of session.requests.disconnected(why)) {
    session.outbox.remove({ request: lost.number });
    session.fail(lost, interruptedBy(lost, why));
  }
  session.outputs.push({ type: "disconnected", why, returnAt: session.returnAt });
  session.returnAt = undefined;
}

/** The session is over. */
export function end<T>(session: Session<T>, why: Closed): void {
  if (session.phase.at === "ended") return;
  session.outbox.clear();
  session.subscriptions.clear();
  failAll(session, why);
  session.phase = { at: "ended", why };
  session.outputs.push({ type: "ended", why });
}

/** Does what the time asks for. */
export function tick<T>(session: Session<T>, now: number): void {
  giveUpOverdue(session, now);
  session.outbox.tick(now);
  const { phase } = session;
  if (phase.at === "greeting" && phase.until <= now) {
    disconnected(session, { kind: "no_welcome", afterMs: phase.timeout });
  } else if (phase.at === "closing" && phase.until <= now) {
    end(session, phase.why);
  } else if (phase.at === "open") {
    judge(session, now);
    wantToken(session, now);
  }
  sayGoodbyeWhenAnswered(session);
}

/** When to call `tick` next, if nothing else happens before; never is infinite. */
export function dueOf<T>({ phase, liveness, refresh, requests, outbox }: Session<T>): number {
  if (phase.at === "ended") return Infinity;
  const until = /* @__KEY__ */ "until" in phase ? phase.until : Infinity;
  const open = phase.at === "open" ? Math.min(liveness.due(), refresh.due) : Infinity;
  return Math.min(until, open, requests.due(), outbox.due());
}

/** A closing session says goodbye once nothing is under way any more. */
export function sayGoodbyeWhenAnswered<T>(session: Session<T>): void {
  if (session.phase.at !== "closing" || session.phase.saidGoodbye || session.inFlight > 0) return;
  const { why } = session.phase;
  session.phase = { ...session.phase, saidGoodbye: true };
  session.outputs.push({ type: "goodbye", code: why.kind === "unreadable" ? PROTOCOL : NORMAL });
}

function judge<T>(session: Session<T>, now: number): void {
  const verdict = session.liveness.judge(now);
  if (verdict === "ask") session.check(now);
  else if (verdict !== "fine") disconnected(session, { kind: "silent", afterMs: verdict.deadAfter });
}

function wantToken<T>(session: Session<T>, now: number): void {
  if (session.refresh.due > now) return;
  session.refresh.due = Infinity;
  session.outputs.push({ type: "token_wanted" });
}

function giveUpOverdue<T>(session: Session<T>, now: number): void {
  for (;;) {
    const [request, error] = session.requests.takeOverdue(now) ?? [];
    if (request === undefined || error === undefined) return;
    session.outbox.remove({ request: request.number });
    if (request.asked.op === "refresh") session.renewFailed(now, error);
    session.fail(request, error);
  }
}

function failAll<T>(session: Session<T>, why: Closed): void {
  let next: Waiting<T> | undefined;
  while ((next = session.requests.takeFirst()) !== undefined) {
    session.fail(next, interruptedBy(next, why));
  }
}

function beginClosing<T>(session: Session<T>, now: number, why: Closed): void {
  session.phase = { at: "closing", why, until: now + CLOSE_TIMEOUT, saidGoodbye: false };
  sayGoodbyeWhenAnswered(session);
}
