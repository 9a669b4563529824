// The head of the page: where one is, how the connection is, and who looks.

import type { App, ViewName } from "../app.js";
import type { LinkState } from "../feeds/link.js";
import { type Child, h, s, setAttribute, setText } from "../lib/dom.js";
import { millis } from "../lib/format.js";
import { icon } from "../parts/icons.js";
import { themeButton } from "../parts/theme.js";

export const VIEWS: readonly { name: ViewName; title: string }[] = [
  { name: "overview", title: "Overview" },
  { name: "live", title: "Live" },
  { name: "sessions", title: "Sessions" },
  { name: "streams", title: "Streams" },
];

export class Header {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #links = new Map<ViewName, HTMLAnchorElement>();
  readonly #dot = h("span", { class: "dot" });
  readonly #state = h("span", { class: "state" });
  readonly #extra = h("span", { class: "extra" });
  readonly #status: HTMLElement;
  readonly #signIn: HTMLButtonElement;
  readonly #signOut: HTMLButtonElement;

  constructor(app: App, help: () => void) {
    this.#app = app;
    for (const { name, title } of VIEWS) this.#links.set(name, h("a", { href: `#/${name}` }, title));
    this.#status = h(
      "p",
      { class: "status" },
      this.#dot,
      h("span", { role: "status" }, this.#state),
      this.#extra,
    );
    this.#signIn = tool("key", "Sign in", () => app.signIn(), "Sign in");
    this.#signOut = tool("leave", "Sign out", () => app.link.signOut(), "Sign out");
    const address = app.page.clients.replace(/^wss?:\/\//, "");
    this.element = h(
      "header",
      { class: "top" },
      h(
        "a",
        { class: "brand", href: "#/overview", "aria-label": "Fanfare, overview" },
        mark(),
        h("span", {}, "Fanfare"),
      ),
      h("p", { class: "where" }, h("span", {}, address), h("span", {}, app.page.version)),
      h("nav", { "aria-label": "Views" }, ...this.#links.values()),
      this.#status,
      h(
        "div",
        { class: "tools" },
        this.#signIn,
        this.#signOut,
        themeButton(),
        tool("help", "Help and keys", help),
      ),
    );
  }

  render(): void {
    const { link, view } = this.#app;
    for (const [name, anchor] of this.#links) setAttribute(anchor, "aria-current", name === view && "page");
    const [tone, text] = stateOf(link.state);
    setAttribute(this.#dot, "data-tone", tone);
    setText(this.#state, text);
    setText(this.#extra, link.roundTripMs === undefined ? "" : millis(link.roundTripMs));
    setAttribute(this.#extra, "title", "from this page to the broker and back");
    const denied = [this.#app.statsDenial, this.#app.streams.denial].some(
      (denial) => denial !== undefined && denial.kind !== "trouble",
    );
    this.#signIn.hidden = link.hasToken || !denied;
    this.#signOut.hidden = !link.hasToken;
  }
}

function stateOf(state: LinkState): [tone: string, text: string] {
  switch (state.at) {
    case "connecting":
      return ["warn", "Connecting …"];
    case "connected":
      return ["good", state.back && Date.now() - state.since < 5_000 ? "Connected again" : "Connected"];
    case "lost":
      return ["bad", "Connection lost"];
    case "signed_out":
      return ["warn", "Not signed in"];
    case "ended":
      return ["bad", "Disconnected"];
  }
}

function tool(
  name: Parameters<typeof icon>[0],
  label: string,
  click: () => void,
  text?: Child,
): HTMLButtonElement {
  return h(
    "button",
    { type: "button", class: "quiet", "aria-label": label, title: label, on: { click } },
    icon(name),
    text && h("span", {}, text),
  );
}

/** A source, and what goes out from it. */
const mark = (): SVGSVGElement =>
  s(
    "svg",
    { class: "mark", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    s("circle", { cx: 5, cy: 12, r: 2.2 }),
    s("path", {
      d: "M9.6 8.2a5.6 5.6 0 0 1 0 7.6M13.6 5.2a10 10 0 0 1 0 13.6M17.6 2.4a14.4 14.4 0 0 1 0 19.2",
    }),
  );
