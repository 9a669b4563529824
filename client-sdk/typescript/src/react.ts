// React hooks: what a pattern brings, and how the client is connected.

import { createContext, useContext, useEffect, useRef, useState, useSyncExternalStore } from "react";

import {
  type Fanfare,
  FanfareError,
  type Gap,
  type Message,
  type State,
  type SubscribeOptions,
} from "./index.js";

/** How many newest messages `useTopic` keeps unless said otherwise. */
const DEFAULT_KEEP = 100;
/** Messages that come within this time are shown together, in milliseconds: more often than screens show, nobody sees. */
const FRAME = 16;

/** The client for all hooks below: `<FanfareContext.Provider value={fanfare}>`. */
export const FanfareContext = /* @__PURE__ */ createContext<Fanfare | undefined>(undefined);

/** What a subscription has brought so far. */
export interface TopicView<T = unknown> {
  /** The newest messages, oldest first. */
  readonly messages: readonly Message<T>[];
  /** The newest message. */
  readonly last: Message<T> | undefined;
  /** Whether it is open yet, pushed, read from the stream because it must catch up, or at its end. */
  readonly status: "opening" | "live" | "behind" | "ended";
  /** Why it ended, if this program did not end it. */
  readonly error: FanfareError | undefined;
}

/** How to subscribe, and how many messages to keep. */
export interface TopicOptions extends Omit<SubscribeOptions, "signal"> {
  /** Newest messages to keep; 100 unless said otherwise. */
  keep?: number;
  /** The client, where no `FanfareContext` gives one. */
  client?: Fanfare;
}

const NOTHING: TopicView<never> = { messages: [], last: undefined, status: "opening", error: undefined };

/**
 * Subscribes to a pattern for as long as the component is mounted. The options are compared by what is in them; when
 * they or the pattern change, it begins anew.
 */
export function useTopic<T = unknown>(pattern: string, options: TopicOptions = {}): TopicView<T> {
  const { keep = DEFAULT_KEEP, client, onGap, ...how } = options;
  const fanfare = useClient(client);
  const [shown, show] = useState<{ of: string; view: TopicView<T> }>({ of: "", view: NOTHING });
  const gapListener = useRef(onGap);
  useEffect(() => {
    gapListener.current = onGap;
  }, [onGap]);
  const of = JSON.stringify([pattern, how, keep]);
  useEffect(() => {
    const [asked, choice, most] = JSON.parse(of) as [string, SubscribeOptions, number];
    return follow<T>(
      fanfare,
      asked,
      { ...choice, onGap: (gap) => gapListener.current?.(gap) },
      most,
      (view) => show({ of, view }),
    );
  }, [fanfare, of]);
  return shown.of === of ? shown.view : NOTHING;
}

/** How the client is connected now; the component is drawn again when that changes. */
export function useConnection(client?: Fanfare): State {
  const fanfare = useClient(client);
  const [subscribe] = useState(() => new WeakMap<Fanfare, (changed: () => void) => () => void>());
  let listen = subscribe.get(fanfare);
  if (listen === undefined) {
    listen = (changed) => fanfare.on("state", changed);
    subscribe.set(fanfare, listen);
  }
  const now = (): State => fanfare.state;
  return useSyncExternalStore(listen, now, now);
}

/** The client that the context gives. Throws if there is none. */
export function useFanfare(): Fanfare {
  return useClient(undefined);
}

function useClient(given: Fanfare | undefined): Fanfare {
  const found = useContext(FanfareContext);
  const fanfare = given ?? found;
  if (fanfare === undefined)
    throw new Error("no client: wrap this in <FanfareContext.Provider value={fanfare}>");
  return fanfare;
}

/** Follows a subscription, and shows what it brings; gives what ends that. */
function follow<T>(
  fanfare: Fanfare,
  pattern: string,
  options: SubscribeOptions & { onGap: (gap: Gap) => void },
  keep: number,
  show: (view: TopicView<T>) => void,
): () => void {
  const subscription = fanfare.subscribe<T>(pattern, options);
  let view: TopicView<T> = NOTHING;
  let fresh: Message<T>[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    timer = undefined;
    const messages = fresh.length === 0 ? view.messages : [...view.messages, ...fresh].slice(-keep);
    fresh = [];
    view = { ...view, messages, last: messages.at(-1) };
    show(view);
  };
  const change = (change: Partial<TopicView<T>>): void => {
    view = { ...view, ...change };
    timer ??= setTimeout(flush, FRAME);
  };
  void (async () => {
    try {
      await subscription.ready;
      change({ status: "live" });
      for await (const event of subscription.events()) {
        if (event.type === "message") {
          fresh.push(event.message);
          if (fresh.length > keep) fresh.shift();
          change({});
        } else if (event.type === "gap") {
          options.onGap(event.gap);
        } else {
          change({
            status: event.type === "behind" || (event.type === "resumed" && !event.live) ? "behind" : "live",
          });
        }
      }
      change({ status: "ended" });
    } catch (error) {
      change({ status: "ended", error: error as FanfareError });
    }
  })();
  return () => {
    show = () => undefined;
    clearTimeout(timer);
    subscription.unsubscribe();
  };
}
