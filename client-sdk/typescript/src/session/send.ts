// What a session sends, and when.

import type { FanfareError } from "../error.js";
import type { ClientFrame } from "../protocol/frame.js";
import { sayGoodbyeWhenAnswered } from "./ending.js";
import type { Session } from "./machine.js";
import type { Ask } from "./outbox.js";

/** The next frame to be sent on this connection. */
export function nextFrame<T>(session: Session<T>, now: number): ClientFrame | undefined {
  for (;;) {
    const entry = session.outbox.pop(session.isWelcome());
    if (entry === undefined) return undefined;
    const frame = /* @__KEY__ */ "plain" in entry ? entry.plain : ask(session, now, entry);
    if (frame !== undefined) return frame;
  }
}

/** Whether frames can be sent on this connection. */
export function canSend<T>(session: Session<T>): boolean {
  return session.outbox.hasSome(session.isWelcome());
}

/** Asks again, after the pause that the broker wants or one that grows with each failure. */
export function askLater<T>(
  session: Session<T>,
  now: number,
  again: Ask,
  failures: number,
  error: FanfareError,
): void {
  session.outbox.pushLater(now + session.pauseBefore(failures, error), again);
}

function ask<T>(session: Session<T>, now: number, what: Ask): ClientFrame | undefined {
  if ("sub" in what) return askSubscription(session, now, what.sub);
  const stale = session.requests.takeStale(now, what.request);
  if (stale === undefined) return session.requests.send(now, what.request);
  session.fail(...stale);
  sayGoodbyeWhenAnswered(session);
  return undefined;
}

function askSubscription<T>(session: Session<T>, now: number, sub: number): ClientFrame | undefined {
  const subscription = session.subscriptions.get(sub);
  const frame = subscription?.ask();
  const request = subscription?.request();
  if (frame !== undefined && request !== undefined) session.requests.send(now, request);
  return frame;
}
