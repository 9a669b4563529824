// The console: puts views and feeds together, and draws once a frame what has changed.

import { App, type ViewName } from "./app.js";
import { pageFacts } from "./feeds/page.js";
import { keeper } from "./feeds/token.js";
import { h } from "./lib/dom.js";
import { Banner } from "./views/banner.js";
import { Header, VIEWS } from "./views/header.js";
import { helpDialog, singleKeys } from "./views/help.js";
import { Live } from "./views/live.js";
import { Overview } from "./views/overview.js";
import { Sessions } from "./views/sessions.js";
import { SignIn } from "./views/sign_in.js";
import { Streams } from "./views/streams.js";
import type { View } from "./views/view.js";

/** Ages and pauses go on, though nothing comes. */
const TICK_MS = 1_000;

let scheduled = false;
/** The refusal that was answered by asking who looks. */
let asked: unknown;

const changed = (): void => {
  if (scheduled || document.hidden) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    render();
  });
};

const app = new App(
  pageFacts(document.documentElement, location),
  keeper(() => sessionStorage),
  changed,
);
const help = helpDialog(app);
const header = new Header(app, help);
const banner = new Banner(app);
const signIn = new SignIn(app);
const live = new Live(app);
const sessions = new Sessions(app);
const streams = new Streams(app);
const views: Record<ViewName, View> = { overview: new Overview(app), live, sessions, streams };
const main = h("main", { id: "main", tabindex: -1 });
app.signIn = () => signIn.open();
app.connected = () => views[app.view].wake?.();

function render(): void {
  header.render();
  banner.render();
  if (app.link.state.at === "signed_out" && asked !== app.link.state) {
    asked = app.link.state;
    signIn.open();
  }
  views[app.view].render();
}

/** `#/live/orders.%3E`: a view, and what it says beside. */
function route(): void {
  const [, name = "", detail = ""] = location.hash.split("/");
  const view = VIEWS.find((view) => view.name === name) ?? VIEWS[0];
  if (view === undefined) return;
  app.view = view.name;
  document.title = `${view.title} · Fanfare`;
  app.following.setSeen(!document.hidden && app.view === "live");
  main.replaceChildren(views[view.name].element);
  app.refresh();
  views[view.name].open?.(decoded(detail));
  render();
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

function press(event: KeyboardEvent): void {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    if (app.view === "live") live.publishNow();
    return;
  }
  const typing = (event.target as Element).matches("input, textarea, select");
  const open = document.querySelector("dialog[open]") !== null;
  if (typing || open || event.ctrlKey || event.metaKey || event.altKey || singleKeys.get() === "off") return;
  if (!deed(event.key)) return;
  event.preventDefault();
}

/** Does what a key stands for; whether it stands for anything. */
function deed(key: string): boolean {
  const view = VIEWS[Number(key) - 1];
  if (view !== undefined) {
    location.hash = `#/${view.name}`;
    // The event comes later, and the next key may come first.
    route();
  } else if (key === "?") help();
  else if (key === "p" && app.view === "live") live.togglePause();
  else if (key === "/" && app.view === "sessions") sessions.focusFilter();
  else if (key === "/" && app.view === "streams") streams.focusFilter();
  else if (key === "/" && app.view === "live") live.focusFilter();
  else return false;
  return true;
}

function start(): void {
  const skip = h("a", { class: "skip", href: "#main" }, "Skip to the content");
  skip.addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  document.body.prepend(skip, header.element, banner.element, main);
  addEventListener("hashchange", route);
  addEventListener("keydown", press);
  document.addEventListener("visibilitychange", () => {
    app.following.setSeen(!document.hidden && app.view === "live");
    if (document.hidden) return;
    app.refresh();
    views[app.view].wake?.();
  });
  setInterval(changed, TICK_MS);
  app.link.start();
  route();
}

start();
