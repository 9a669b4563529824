// What the React hooks promise, in a document of jsdom, against the real broker.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { JSDOM } from "jsdom";
import { StrictMode, act } from "react";
import type { ReactNode } from "react";
import { WebSocket } from "ws";

import { type Fanfare, connect } from "../src/index.js";
import { FanfareContext, useConnection, useTopic } from "../src/react.js";
import { Broker } from "./support/broker.js";

const { window } = new JSDOM("<!doctype html><main></main>");
Object.assign(globalThis, { window, document: window.document, IS_REACT_ACT_ENVIRONMENT: true });
if (!("navigator" in globalThis)) Object.assign(globalThis, { navigator: window.navigator });
const { createRoot } = await import("react-dom/client");

interface Bench {
  broker: Broker;
  fanfare: Fanfare;
  /** Draws in strict mode. */
  draw: (what: ReactNode) => Promise<void>;
  /** Waits until the page shows this. */
  shows: (text: string) => Promise<void>;
}

/** Does something, and what React does then. */
async function acting(deed: () => unknown): Promise<void> {
  await act(async () => {
    await deed();
  });
}

async function bench(context: TestContext): Promise<Bench> {
  const broker = await Broker.start();
  const fanfare = connect(broker.url, { WebSocket, reconnectPause: { first: 10, max: 50 } });
  const place = window.document.createElement("div");
  const root = createRoot(place);
  context.after(async () => {
    await acting(() => root.unmount());
    await fanfare.close();
    await broker[Symbol.asyncDispose]();
  });
  const draw = async (what: ReactNode): Promise<void> => {
    await acting(() => {
      root.render(
        <StrictMode>
          <FanfareContext.Provider value={fanfare}>{what}</FanfareContext.Provider>
        </StrictMode>,
      );
    });
  };
  const shows = async (text: string): Promise<void> => {
    for (let left = 500; place.textContent !== text; left--) {
      assert.ok(left > 0, `it shows ${place.textContent} and not ${text}`);
      await acting(() => sleep(10));
    }
  };
  return { broker, fanfare, draw, shows };
}

function Orders({ pattern, keep }: { pattern: string; keep?: number }): ReactNode {
  const { messages, status } = useTopic<number>(pattern, {
    from: "start",
    ...(keep !== undefined && { keep }),
  });
  return `${status}: ${messages.map((message) => message.json()).join(" ")}`;
}

function Connection(): ReactNode {
  return useConnection().status;
}

async function subscriptions(broker: Broker): Promise<number> {
  const page = await (await fetch(`${broker.internal}/metrics`)).text();
  return Number(/^fanfare_subscriptions(?:{[^}]*})? (\d+)/m.exec(page)?.[1]);
}

test("a component shows what is published, each message once, though it is mounted twice", async (context) => {
  const { fanfare, draw, shows } = await bench(context);
  await fanfare.publish("orders.eu", 1);
  await draw(<Orders pattern="orders.>" />);
  await shows("live: 1");
  await fanfare.publish("orders.us", 2);
  await shows("live: 1 2");
});

test("only so many messages are kept", async (context) => {
  const { fanfare, draw, shows } = await bench(context);
  for (let n = 0; n < 20; n++) await fanfare.publish("a", n);
  await draw(<Orders pattern="a" keep={3} />);
  await shows("live: 17 18 19");
});

test("another pattern begins anew, and the old subscription is ended at the broker", async (context) => {
  const { broker, fanfare, draw, shows } = await bench(context);
  await fanfare.publish("a", 1);
  await fanfare.publish("b", 2);
  await draw(<Orders pattern="a" />);
  await shows("live: 1");
  await draw(<Orders pattern="b" />);
  await shows("live: 2");
  await fanfare.ping();
  assert.equal(await subscriptions(broker), 1);
  await draw(null);
  await fanfare.ping();
  assert.equal(await subscriptions(broker), 0, "nothing is left of what is not shown any more");
});

test("a component shows how the client is connected", async (context) => {
  const { broker, draw, shows } = await bench(context);
  await draw(<Connection />);
  await shows("connected");
  await broker.stop();
  await shows("reconnecting");
  await broker.start();
  await shows("connected");
});

test("a subscription that is refused says why", async (context) => {
  const { fanfare, draw, shows } = await bench(context);
  const Refused = (): ReactNode => {
    const { status, error } = useTopic("a", { from: { time: 2 ** 60 } });
    return `${status} ${error?.code ?? ""}`;
  };
  await fanfare.ready;
  await draw(<Refused />);
  await shows("ended invalid_frame");
});
