// React hooks: what a pattern brings, and how the client is connected.
import { createContext, useContext, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { FanfareError, } from "./index.js";
/** How many newest messages `useTopic` keeps unless said otherwise. */
const DEFAULT_KEEP = 100;
/** Messages that come within this time are shown together, in milliseconds: more often than screens show, nobody sees. */
const FRAME = 16;
/** The client for all hooks below: `<FanfareContext.Provider value={fanfare}>`. */
export const FanfareContext = /* @__PURE__ */ createContext(undefined);
const NOTHING = { messages: [], last: undefined, status: "opening", error: undefined };
/**
 * Subscribes to a pattern for as long as the component is mounted. The options are compared by what is in them; when
 * they or the pattern change, it begins anew.
 */
export function useTopic(pattern, options = {}) {
    const { keep = DEFAULT_KEEP, client, onGap, ...how } = options;
    const fanfare = useClient(client);
    const [shown, show] = useState({ of: "", view: NOTHING });
    const gapListener = useRef(onGap);
    useEffect(() => {
        gapListener.current = onGap;
    }, [onGap]);
    const of = JSON.stringify([pattern, how, keep]);
    useEffect(() => {
        const [asked, choice, most] = JSON.parse(of);
        return follow(fanfare, asked, { ...choice, onGap: (gap) => gapListener.current?.(gap) }, most, (view) => show({ of, view }));
    }, [fanfare, of]);
    return shown.of === of ? shown.view : NOTHING;
}
/** How the client is connected now; the component is drawn again when that changes. */
export function useConnection(client) {
    const fanfare = useClient(client);
    const [subscribe] = useState(() => new WeakMap());
    let listen = subscribe.get(fanfare);
    if (listen === undefined) {
        listen = (changed) => fanfare.on("state", changed);
        subscribe.set(fanfare, listen);
    }
    const now = () => fanfare.state;
    return useSyncExternalStore(listen, now, now);
}
/** The client that the context gives. Throws if there is none. */
export function useFanfare() {
    return useClient(undefined);
}
function useClient(given) {
    const found = useContext(FanfareContext);
    const fanfare = given ?? found;
    if (fanfare === undefined)
        throw new Error("no client: wrap this in <FanfareContext.Provider value={fanfare}>");
    return fanfare;
}
/** Follows a subscription, and shows what it brings; gives what ends that. */
function follow(fanfare, pattern, options, keep, show) {
    const subscription = fanfare.subscribe(pattern, options);
    let view = NOTHING;
    let fresh = [];
    let timer;
    const flush = () => {
        timer = undefined;
        const messages = fresh.length === 0 ? view.messages : [...view.messages, ...fresh].slice(-keep);
        fresh = [];
        view = { ...view, messages, last: messages.at(-1) };
        show(view);
    };
    const change = (change) => {
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
                    if (fresh.length > keep)
                        fresh.shift();
                    change({});
                }
                else if (event.type === "gap") {
                    options.onGap(event.gap);
                }
                else {
                    change({
                        status: event.type === "behind" || (event.type === "resumed" && !event.live) ? "behind" : "live",
                    });
                }
            }
            change({ status: "ended" });
        }
        catch (error) {
            change({ status: "ended", error: error });
        }
    })();
    return () => {
        show = () => undefined;
        clearTimeout(timer);
        subscription.unsubscribe();
    };
}
//# sourceMappingURL=react.js.map