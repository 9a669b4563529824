// This page's session with the broker, by the SDK: connected, lost, back, refused for want of a token, or ended.

import { type Closed, type Fanfare, type State, closedText, connect } from "fanfare-client";

import { sentence } from "./denial.js";
import type { PageFacts } from "./page.js";
import type { Keeper } from "./token.js";

export type LinkState =
  | { readonly at: "connecting" }
  | { readonly at: "connected"; readonly session: string; readonly since: number; readonly back: boolean }
  /** The connection is lost, and is tried for again. */
  | {
      readonly at: "lost";
      readonly since: number;
      readonly why: string;
      readonly tryAt: number;
      readonly tries: number;
    }
  /** The broker wants a token, or another one. */
  | { readonly at: "signed_out"; readonly why: string; readonly hadToken: boolean }
  /** Nothing is tried any more. */
  | { readonly at: "ended"; readonly why: string };

const PING_EVERY_MS = 5_000;
const UNAUTHENTICATED = 4001;
const TOKEN_EXPIRED = 4002;

export class Link {
  readonly #page: PageFacts;
  readonly #keeper: Keeper;
  readonly #begun: (fanfare: Fanfare) => void;
  readonly #changed: (before: LinkState, now: LinkState) => void;
  #state: LinkState = { at: "connecting" };
  #fanfare: Fanfare | undefined;
  #everConnected = false;
  /** The way to the broker and back, in milliseconds. */
  roundTripMs: number | undefined;

  /** `begun` hears of each new session, in order to subscribe. */
  constructor(
    page: PageFacts,
    keeper: Keeper,
    begun: (fanfare: Fanfare) => void,
    changed: (before: LinkState, now: LinkState) => void,
  ) {
    this.#page = page;
    this.#keeper = keeper;
    this.#begun = begun;
    this.#changed = changed;
    setInterval(() => void this.#measure(), PING_EVERY_MS);
  }

  get state(): LinkState {
    return this.#state;
  }

  get fanfare(): Fanfare | undefined {
    return this.#fanfare;
  }

  get hasToken(): boolean {
    return this.#keeper.get() !== undefined;
  }

  /** Begins a session, in place of the one before. */
  start(): void {
    void this.#fanfare?.close();
    const token = this.#keeper.get();
    const fanfare = connect(this.#page.clients, {
      name: `fanfare-console/${this.#page.version}`,
      ...(token !== undefined && { token }),
      // People wait for this page, and there are few of it.
      reconnectPause: { first: 200, max: 3_000 },
      requestTimeout: 10_000,
    });
    this.#fanfare = fanfare;
    this.#everConnected = false;
    this.roundTripMs = undefined;
    this.#set({ at: "connecting" });
    fanfare.on("state", (state) => {
      if (this.#fanfare === fanfare) this.#heard(state, token !== undefined);
    });
    this.#begun(fanfare);
  }

  signIn(token: string): void {
    this.#keeper.set(token);
    this.start();
  }

  signOut(): void {
    this.#keeper.set(undefined);
    this.start();
  }

  #heard(state: State, hadToken: boolean): void {
    const now = Date.now();
    switch (state.status) {
      case "connecting":
        break;
      case "connected": {
        const back = this.#everConnected;
        this.#everConnected = true;
        this.#set({ at: "connected", session: state.session, since: now, back });
        void this.#measure();
        break;
      }
      case "reconnecting": {
        const since = this.#state.at === "lost" ? this.#state.since : now;
        // What to do next is this page's business.
        const [why = ""] = sentence(state.cause.message).split(";");
        this.roundTripMs = undefined;
        this.#set({ at: "lost", since, why, tryAt: now + state.pauseMs, tries: state.attempt });
        break;
      }
      case "closed":
        this.#set(ended(state.why, hadToken));
    }
  }

  #set(state: LinkState): void {
    const before = this.#state;
    this.#state = state;
    this.#changed(before, state);
  }

  async #measure(): Promise<void> {
    if (this.#state.at !== "connected" || document.hidden) return;
    const ms = await this.#fanfare?.ping().catch(() => undefined);
    if (ms !== undefined) this.roundTripMs = ms;
  }
}

function ended(why: Closed, hadToken: boolean): LinkState {
  if (why.kind === "by_broker" && (why.code === UNAUTHENTICATED || why.code === TOKEN_EXPIRED)) {
    return { at: "signed_out", why: why.reason, hadToken };
  }
  return { at: "ended", why: sentence(closedText(why)) };
}
