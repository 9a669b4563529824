// What needs attention now, or that nothing does.

import type { App } from "../app.js";
import { type Finding, findings } from "../feeds/attention.js";
import type { Minute, Stats } from "../feeds/stats.js";
import { Keyed, type Shown, h, setAttribute, setText } from "../lib/dom.js";
import { plural } from "../lib/format.js";
import { icon } from "../parts/icons.js";

export class Attention {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #calm = h("p", { class: "calm" });
  readonly #calmText = h("span", {});
  readonly #list = h("ul", {});
  readonly #found = new Keyed<Finding>(this.#list, ({ key }) => key, shownFinding);

  constructor(app: App) {
    this.#app = app;
    this.#calm.append(icon("done"), h("strong", {}, "All is well."), " ", this.#calmText);
    this.element = h(
      "section",
      { class: "attention", "aria-labelledby": "attention-title" },
      h("h2", { id: "attention-title", class: "unseen" }, "What needs attention"),
      this.#calm,
      this.#list,
    );
  }

  render(): void {
    const { history, streams, worst } = this.#app;
    const stats = this.#app.now;
    this.element.hidden = stats === undefined;
    if (stats === undefined) return;
    if (stats.behind > 0 && worst.value === undefined && worst.denial === undefined) worst.refresh();
    const minute = history.minute(Date.now());
    const found = findings({
      stats,
      minute,
      streams: streams.value ?? [],
      worst: worst.value?.rows ?? [],
      now: this.#app.brokerTime,
    });
    this.#found.set(found);
    this.#list.hidden = found.length === 0;
    this.#calm.hidden = found.length > 0;
    setText(this.#calmText, calmText(stats, minute));
  }
}

function calmText({ connections, subscriptions }: Stats, { when }: Minute): string {
  const who = `${plural(connections, "session")} with ${plural(subscriptions, "subscription")}`;
  return `${who}, nobody behind; no errors and no gaps ${when}.`;
}

function shownFinding(finding: Finding): Shown<Finding> {
  const title = h("strong", {});
  const detail = h("span", {});
  const link = h("a", {}, "Look", icon("right"));
  const sign = icon(finding.tone === "bad" ? "stop" : "alert");
  return {
    element: h("li", { "data-tone": finding.tone }, sign, h("p", {}, title, " ", detail), link),
    update(finding) {
      setText(title, finding.title);
      setText(detail, finding.detail);
      setAttribute(link, "href", finding.href);
      link.hidden = finding.href === undefined;
      setAttribute(link, "aria-label", `Look: ${finding.title}`);
    },
  };
}
