// Waiting for what can only be asked for, with a bound of its own.

import { setTimeout as sleep } from "node:timers/promises";

const PATIENCE_MS = 5_000;

/** Asks until the answer is the one that is wanted; throws the last one otherwise. */
export async function eventually<A>(ask: () => A | Promise<A>, wanted: (answer: A) => boolean): Promise<A> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (performance.now() > until) throw new Error(`it is still ${JSON.stringify(answer)}`);
    await sleep(5);
  }
}
