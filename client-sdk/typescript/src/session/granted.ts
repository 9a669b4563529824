// Subscriptions that a token brings along: the broker opens them, with numbers of its own.

import type { Subscribed } from "../protocol/frame.js";
import { takeBrokerNumber } from "./broker_numbers.js";
import type { Session } from "./machine.js";
import { Subscription } from "./subscription.js";

/** What answers no request. */
const NONE = -1;

/**
 * The broker has opened one. From the next time on that it is asked for, its number is one of this client's. Where one for
 * the same pattern goes on from before, the broker's is one too many.
 */
export function grant<T>(session: Session<T>, frame: Subscribed): void {
  const { pattern = "" } = frame;
  if ([...session.subscriptions.values()].some(({ grantedFor }) => grantedFor === pattern)) {
    session.send({ op: "unsubscribe", sub: frame.sub });
    return;
  }
  const sub = session.lastGranted--;
  const subscription = new Subscription({ op: "subscribe", sub, pattern }, NONE, pattern);
  session.subscriptions.set(sub, subscription);
  session.brokerNumbers.set(frame.sub, sub);
  subscription.opened(frame);
  session.outputs.push({ type: "granted", sub, frame });
}

/** Nobody wants one. It stays as it is at the broker, whose doing it is. */
export function ignore<T>(session: Session<T>, sub: number): void {
  session.subscriptions.delete(sub);
  takeBrokerNumber(session, sub);
}
