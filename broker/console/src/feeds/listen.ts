// Listening to the broker's own topics, for panels: what comes, or why it may not be heard.

import type { Fanfare, Message } from "fanfare-client";

import { type Denial, denialOf } from "./denial.js";

/** Subscribes to a pattern for as long as the session lives. `denied` hears why it can't, and of nothing once it can. */
export function listen(
  fanfare: Fanfare,
  pattern: string,
  take: (message: Message) => void,
  denied: (denial: Denial | undefined) => void,
): void {
  const subscription = fanfare.subscribe(pattern, take);
  const refuse = (error: unknown): void => {
    const denial = denialOf(error);
    denied({ ...denial, text: `${pattern}: ${denial.text}` });
  };
  subscription.ready.then(() => denied(undefined), refuse);
  void subscription.ended.then((error) => {
    // The end of the whole session is told elsewhere.
    if (error !== undefined && error.kind !== "closed") refuse(error);
  });
}
