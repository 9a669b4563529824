// What the types promise; the compiler is the judge, and the tests only name it.

import { test } from "node:test";

import { expectTypeOf } from "expect-type";

import type {
  Event,
  Fanfare,
  Gap,
  HistoryPage,
  Message,
  Position,
  Published,
  Subscription,
} from "../src/index.js";

interface Order {
  total: number;
}

declare const fanfare: Fanfare;

test("a typed subscription gives typed messages", () => {
  const typed = (): Subscription<Order> => fanfare.subscribe<Order>("orders.>");
  expectTypeOf(typed).returns.toEqualTypeOf<Subscription<Order>>();
  expectTypeOf((message: Message<Order>) => message.json()).returns.toEqualTypeOf<Order>();
  expectTypeOf<
    Awaited<ReturnType<ReturnType<Subscription<Order>["events"]>["next"]>>["value"]
  >().toEqualTypeOf<
    // eslint-disable-next-line @typescript-eslint/no-invalid-void-type
    Event<Order> | void
  >();
  expectTypeOf<Subscription<Order>>().toExtend<AsyncIterable<Message<Order>>>();
});

test("an untyped one gives what must be looked at first", () => {
  expectTypeOf<ReturnType<Message["json"]>>().toBeUnknown();
});

test("answers have the types of what was asked", () => {
  expectTypeOf<ReturnType<Fanfare["publish"]>>().resolves.toEqualTypeOf<Published>();
  expectTypeOf(() => fanfare.history<Order>("orders.>")).returns.resolves.toEqualTypeOf<HistoryPage<Order>>();
  expectTypeOf<Subscription["position"]>().toEqualTypeOf<Position>();
});

test("options that the broker would refuse do not compile", () => {
  const calls = (): void => {
    // @ts-expect-error: a word that is none
    fanfare.subscribe("a", { from: "yesterday" });
    // @ts-expect-error: either every or latest
    fanfare.subscribe("a", { deliver: "some" });
    // @ts-expect-error: a sequence is a number
    void fanfare.publish("a", 1, { expect: "7" });
    fanfare.subscribe("a", { onGap: (gap) => expectTypeOf(gap).toEqualTypeOf<Gap>() });
  };
  expectTypeOf(calls).toBeFunction();
});
