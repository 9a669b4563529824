// Plays a scripted session: steps go in, and what the session sends and tells is compared with the script.

import assert from "node:assert/strict";

import type { Closed } from "../../src/closed.js";
import type { Event } from "../../src/event.js";
import { FanfareError } from "../../src/error.js";
import { DEFAULT_LIMITS } from "../../src/limits.js";
import { placeAt } from "../../src/place.js";
import { decode } from "../../src/protocol/decode.js";
import { encode } from "../../src/protocol/encode.js";
import type { From, Publish, Subscribe } from "../../src/protocol/frame.js";
import { Payload } from "../../src/protocol/payload.js";
import type { Position } from "../../src/protocol/position.js";
import { seeded } from "../../src/random.js";
import { close, disconnected, dueOf, end, tick, unreadable } from "../../src/session/ending.js";
import { ignore } from "../../src/session/granted.js";
import { type Output, Session } from "../../src/session/machine.js";
import { pause, unpause } from "../../src/session/pause.js";
import { receive } from "../../src/session/receive.js";
import { nextFrame } from "../../src/session/send.js";

type Plain = Record<string, unknown>;

export interface SessionScenario {
  name: string;
  begin: "offline" | "open";
  needs?: string[];
  steps: Plain[];
}

const CONNECT_TIMEOUT = 10_000;
const LIMITS = { ...DEFAULT_LIMITS, requestTimeout: 100_000, keyWindow: 80_000 };
const WELCOME = '{"op":"welcome","session":"s1","heartbeat_ms":25000,"max_payload_bytes":65536}';

export class Stage {
  readonly #scenario: SessionScenario;
  readonly #session: Session<string>;
  /** What stands for a number in the script, such as `@p`. */
  readonly #names = new Map<string, number>();
  #now = 1_000_000;

  constructor(scenario: SessionScenario) {
    this.#scenario = scenario;
    this.#session = new Session(LIMITS, seeded(1), scenario.needs?.includes("refresh") ?? false);
  }

  play(): void {
    if (this.#scenario.begin === "open") this.#open();
    for (const [at, step] of this.#scenario.steps.entries()) this.#step(step, `step ${at + 1}`);
  }

  #open(): void {
    this.#connect();
    this.#receive(WELCOME);
    this.#frames();
    this.#outputs();
  }

  #step(step: Plain, where: string): void {
    if ("do" in step) this.#deed(step);
    else if ("broker" in step) this.#receive(JSON.stringify(this.#numbered(step["broker"] as Plain)));
    else if ("pass_ms" in step) this.#pass(step["pass_ms"] as number);
    else if ("sent" in step) this.#assertSent(step["sent"] as Plain[], where);
    else if ("seen" in step) assert.deepEqual(this.#outputs(), step["seen"], where);
    else this.#assertDue(step["due_ms"] as number | null, where);
  }

  #deed(step: Plain): void {
    const session = this.#session;
    const { do: what, as, ...rest } = step as { do: string; as: string } & Plain;
    const sub = rest["sub"] as number;
    const deeds: Record<string, () => void> = {
      connect: () => this.#connect(),
      lose: () => disconnected(session, endOf(rest["code"])),
      end: () => end(session, endOf(rest["code"])),
      close: () => close(session, this.#now),
      unreadable: () => unreadable(session, this.#now, "no op"),
      subscribe: () => session.subscribe(this.#now, { op: "subscribe", ...rest } as unknown as Subscribe, as),
      unsubscribe: () => session.unsubscribe(sub),
      publish: () => this.#publish(rest, as),
      ping: () => session.ping(this.#now, as),
      presence: () => session.call(this.#now, { op: "presence", topic: rest["topic"] as string }, as),
      history: () =>
        session.call(
          this.#now,
          { op: "history", ...rest } as { op: "history"; pattern: string; from: From },
          as,
        ),
      pause: () => pause(session, sub, placeAt(rest["at"] as Position)),
      unpause: () => unpause(session, sub),
      ignore: () => ignore(session, sub),
      check: () => session.check(this.#now),
      token: () => session.renew(this.#now, rest["token"] as string),
      no_token: () => session.renewFailed(this.#now, new FanfareError("token", "none")),
    };
    const deed = deeds[what];
    assert.ok(deed, `an unknown deed: ${what}`);
    deed();
  }

  #connect(): void {
    this.#session.connected(this.#now, { op: "hello" }, this.#now + CONNECT_TIMEOUT);
  }

  #receive(text: string): void {
    const frame = decode(text);
    if (frame === undefined) this.#session.liveness.heard(this.#now);
    else receive(this.#session, this.#now, frame);
  }

  #pass(time: number): void {
    this.#now += time;
    tick(this.#session, this.#now);
  }

  #publish({ text, ...rest }: Plain, ticket: string | undefined): void {
    const publish = { op: "publish", ...rest, payload: Payload.ofText("text", text as string) } as Publish;
    if (ticket === undefined) this.#session.send(publish);
    else this.#session.call(this.#now, publish, ticket);
  }

  #assertDue(inMs: number | null, where: string): void {
    const due = dueOf(this.#session);
    assert.equal(due === Infinity ? null : due - this.#now, inMs, where);
  }

  #frames(): Plain[] {
    const frames: Plain[] = [];
    for (
      let frame = nextFrame(this.#session, this.#now);
      frame;
      frame = nextFrame(this.#session, this.#now)
    ) {
      frames.push(JSON.parse(encode("json", frame) as string) as Plain);
    }
    return frames;
  }

  #outputs(): Plain[] {
    const outputs: Plain[] = [];
    for (let output = this.#session.nextOutput(); output; output = this.#session.nextOutput()) {
      outputs.push(this.#told(output));
    }
    return outputs;
  }

  /** Compares what was sent with the script; a name that is new there stands for the number that was sent. */
  #assertSent(expected: Plain[], where: string): void {
    const frames = this.#frames();
    for (const [at, { id }] of expected.entries()) {
      const sent = frames[at]?.["id"];
      if (typeof id === "string" && !this.#names.has(id) && typeof sent === "number")
        this.#names.set(id, sent);
    }
    const numbered = expected.map((frame) => this.#numbered(frame));
    assert.deepEqual(frames, numbered, where);
  }

  #numbered(frame: Plain): Plain {
    const { id } = frame;
    return typeof id === "string" ? { ...frame, id: this.#names.get(id) } : frame;
  }

  /** What the session tells, as the script writes it. */
  #told(output: Output<string>): Plain {
    switch (output.type) {
      case "welcomed":
        return { welcomed: output.welcome.session };
      case "answer":
        return { answered: output.ticket, with: output.answer.op };
      case "failure":
        return { failed: output.ticket, with: output.error.kind, ...coded(output.error.code) };
      case "granted": {
        const { pattern, position } = output.frame;
        return { granted: output.sub, pattern, position: plain(position) };
      }
      case "begin":
        return { begun: output.sub, position: plain(output.place.position) };
      case "deliver":
        return { event: output.event.type, sub: output.sub, ...eventFacts(output.event) };
      case "advance":
        return { advanced: output.sub };
      case "unsubscribed":
        return { unsubscribed: output.sub, ...coded(output.code) };
      case "not_resumed":
        return { not_resumed: output.sub, ...coded(output.error.code) };
      case "complaint":
        return { complaint: output.error.code ?? output.error.kind };
      case "token_wanted":
        return { token_wanted: true };
      case "goodbye":
        return { goodbye: output.code };
      case "disconnected":
        return {
          disconnected: output.why.kind,
          ...(output.returnAt === undefined ? {} : { back_in_ms: output.returnAt - this.#now }),
        };
      case "ended":
        return { ended: output.why.kind };
    }
  }
}

function eventFacts(event: Event): Plain {
  switch (event.type) {
    case "message":
      return event.message.seq === undefined ? {} : { seq: event.message.seq };
    case "gap":
      return plain(event.gap) as Plain;
    case "live":
      return { position: plain(event.position) };
    case "resumed":
      return { recovered: event.recovered };
    case "behind":
      return {};
  }
}

/** Records without a prototype, made comparable. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function coded(code: string | undefined): Plain {
  return code === undefined ? {} : { code };
}

/** How a connection ends: with a close code, or without. */
function endOf(code: unknown): Closed {
  return code === undefined
    ? { kind: "lost", detail: "cut" }
    : { kind: "by_broker", code: code as number, reason: "" };
}
