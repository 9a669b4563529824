// Requests under way: the promise of an answer, and what keeps it.

import { FanfareError } from "./error.js";
import type { ServerFrame } from "./protocol/frame.js";

/** Comes back with the answer to a request. */
export interface Ticket {
  resolve(answer: ServerFrame): void;
  reject(error: FanfareError): void;
}

/** A promise of an answer, and what keeps it. */
export function ask(): { promise: Promise<ServerFrame>; ticket: Ticket } {
  let ticket: Ticket | undefined;
  const promise = new Promise<ServerFrame>((resolve, reject) => {
    ticket = { resolve, reject };
  });
  return { promise, ticket: ticket as unknown as Ticket };
}

/** The answer, if it is one to what was asked. */
export function expected<Op extends ServerFrame["op"]>(
  answer: ServerFrame,
  op: Op,
): ServerFrame & { op: Op } {
  if (answer.op === op) return answer as ServerFrame & { op: Op };
  throw new FanfareError("wrong_answer", `the broker answered ${answer.op}, not ${op}; report it`);
}
