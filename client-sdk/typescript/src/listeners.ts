// Who hears what a client tells of itself.

import { onAbort } from "./abort.js";
import type { FanfareError } from "./error.js";
import { guarded } from "./guard.js";
import type { State } from "./state.js";
import type { Subscription } from "./subscription.js";

/** What a client tells of itself, by name. */
export interface ClientEvents {
  /** It is connected otherwise than before. */
  state: State;
  /** Something went wrong that answers no call: above all, an unacknowledged message was refused. */
  error: FanfareError;
  /**
   * A subscription that the token brings along (`auto` in its claim), once: at the first connection or after a new token.
   * It outlives its connection as any other does. Whoever wants these listens right after `connect`.
   */
  auto: Subscription;
}

type Listener<E extends keyof ClientEvents> = (about: ClientEvents[E]) => void;

/** Those who listen, by what they listen to. */
export type Listeners = { readonly [E in keyof ClientEvents]: Set<Listener<E>> };

/** Calls a listener from now on; gives what ends that. */
export function listen<A>(
  all: Set<(about: A) => void>,
  listener: (about: A) => void,
  signal?: AbortSignal,
): () => void {
  // Each call is one subscription, be the function the same.
  const own = (about: A): void => listener(about);
  all.add(own);
  const off = (): void => void all.delete(own);
  onAbort(signal, off);
  return off;
}

/** Tells all who listen; says whether somebody did. */
export function tell<A>(all: Set<(about: A) => void>, about: A): boolean {
  const heard = [...all];
  for (const listener of heard) guarded(() => listener(about));
  return heard.length > 0;
}
