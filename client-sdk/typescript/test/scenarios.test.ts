// The scripted sessions of tests/vectors/scenarios, which every SDK runs.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { after, test } from "node:test";

import { FanfareError, sessionClosed } from "../src/error.js";
import { type Policy, Reconnector } from "../src/reconnect.js";
import { seeded } from "../src/random.js";
import type { Closed } from "../src/closed.js";
import { type SessionScenario, Stage } from "./support/stage.js";

interface ReconnectScenario {
  name: string;
  policy: { at_first: boolean; later: boolean; renews_token: boolean; give_up_after_ms?: number };
  steps: ReconnectStep[];
}

interface ReconnectStep {
  welcomed?: true;
  pass_ms?: number;
  failed?: { code?: number; status?: number; unreachable?: true; lost?: true };
  return_in_ms?: number;
  next?: { in_ms?: number; within_ms?: [number, number]; end?: string };
}

const passed: Record<string, string[]> = { session: [], reconnect: [] };

function load<T>(file: string): T[] {
  const url = new URL(`../../../tests/vectors/scenarios/${file}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8")) as T[];
}

for (const scenario of load<SessionScenario>("session")) {
  test(scenario.name, () => {
    new Stage(scenario).play();
    passed["session"]?.push(scenario.name);
  });
}

for (const scenario of load<ReconnectScenario>("reconnect")) {
  test(scenario.name, () => {
    playReconnect(scenario);
    passed["reconnect"]?.push(scenario.name);
  });
}

after(() => {
  const home = new URL("../../../target/reports/conformance/", import.meta.url);
  mkdirSync(home, { recursive: true });
  writeFileSync(new URL("typescript.json", home), `${JSON.stringify(passed, undefined, 1)}\n`);
});

function playReconnect({ policy, steps }: ReconnectScenario): void {
  const reconnector = new Reconnector(policyOf(policy), seeded(7));
  let now = 1_000_000;
  for (const step of steps) {
    if (step.welcomed) reconnector.welcomed(now);
    now += step.pass_ms ?? 0;
    if (step.failed === undefined) continue;
    const returnAt = step.return_in_ms === undefined ? undefined : now + step.return_in_ms;
    const next = reconnector.failed(now, causeOf(step.failed), returnAt);
    if ("end" in next) assert.equal(next.end.kind, step.next?.end);
    else assertPause(next.tryAt - now, step);
  }
}

function assertPause(pause: number, { next }: ReconnectStep): void {
  const [least, most] = next?.within_ms ?? [next?.in_ms ?? NaN, next?.in_ms ?? NaN];
  assert.ok(pause >= least && pause <= most, `${pause} ms, and not ${JSON.stringify(next)}`);
}

function policyOf(policy: ReconnectScenario["policy"]): Policy {
  const backoff = { first: 100, max: 30_000 };
  const { at_first: atFirst, later, renews_token: renewsToken, give_up_after_ms: giveUpAfter } = policy;
  return { atFirst, later, renewsToken, backoff, giveUpAfter };
}

function causeOf({ code, status, lost }: NonNullable<ReconnectStep["failed"]>): FanfareError {
  const closed: Closed | undefined =
    code !== undefined
      ? { kind: "by_broker", code, reason: "" }
      : status !== undefined
        ? { kind: "refused", status }
        : lost && { kind: "lost", detail: "cut" };
  return closed === undefined ? new FanfareError("connect", "nobody answers") : sessionClosed(closed);
}
