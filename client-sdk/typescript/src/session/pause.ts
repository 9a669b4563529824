// Pausing a subscription whose reader is slow: it is ended at the broker, and resumed when there is room.

import type { Place } from "../place.js";
import { takeBrokerNumber } from "./broker_numbers.js";
import type { Session } from "./machine.js";
import type { Relief } from "./subscription.js";

/** How memory can be had from a subscription whose reader is slow. */
export function relief<T>(session: Session<T>, sub: number): Relief {
  return session.subscriptions.get(sub)?.relief() ?? "quiet";
}

/** The reader of a subscription has enough: what follows this place is to come later, from its streams. */
export function pause<T>(session: Session<T>, sub: number, at: Place): void {
  const theirs = takeBrokerNumber(session, sub);
  const live = session.subscriptions.get(sub)?.pause(at, theirs !== undefined);
  if (live === undefined) return;
  if (live) session.outputs.push({ type: "deliver", sub, event: { type: "behind" } });
  session.send({ op: "unsubscribe", sub: theirs ?? sub });
}

/** The reader of a subscription that was paused has room again. */
export function unpause<T>(session: Session<T>, sub: number): void {
  if (session.subscriptions.get(sub)?.unpause() === true) session.outbox.push({ sub });
}
