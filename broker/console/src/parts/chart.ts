// A chart over time: areas and lines, readable axes, and a cursor for pointer and keyboard.

import { h, s, setAttribute, setText } from "../lib/dom.js";
import { clock, span } from "../lib/format.js";
import { type Unit, marks, timeMarks } from "../lib/scale.js";
import { type Point, runs } from "../lib/series.js";

export interface Line<V> {
  readonly name: string;
  /** Which of the chart colours it has. */
  readonly tint: "a" | "b" | "c";
  /** Whether what is below is filled. */
  readonly area: boolean;
  readonly pick: (v: V) => number | undefined;
}

export interface ChartPlan<V> {
  readonly title: string;
  readonly unit: Unit;
  /** A value in words, as in the tooltip. */
  readonly words: (n: number) => string;
  /** A value at a mark of the axis. */
  readonly mark: (n: number) => string;
  readonly lines: readonly Line<V>[];
  /** The axis reaches at least so far. */
  readonly least: number;
  readonly holeMs: number;
}

const HEIGHT = 132;
/** Where there is little width, as on a phone, the whole is lower. */
const LOW_HEIGHT = 100;
const LOW_BELOW_WIDTH = 380;
const TOP = 8;
const BOTTOM = 20;
const RIGHT = 8;
const MARK_WIDTH = 7.2;
/** Marks of the time axis are this far apart at least, in pixels. */
const TIME_MARK_GAP = 84;

/** Where things are for the points that are drawn. */
interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly from: number;
  readonly to: number;
  readonly max: number;
}

export class Chart<V> {
  readonly element: HTMLElement;
  readonly #plan: ChartPlan<V>;
  readonly #grid = s("g", { class: "grid" });
  readonly #drawn = s("g", {});
  readonly #cursor = s("g", { class: "cursor", hidden: true });
  readonly #svg: SVGSVGElement;
  readonly #tip = h("div", { class: "tip", hidden: true, "aria-hidden": "true" });
  readonly #spoken = h("p", { class: "unseen", role: "status" });
  readonly #plot: HTMLElement;
  readonly #empty = h("p", { class: "chart-empty" }, "One point a second, from now on");
  #width = 0;
  #points: readonly Point<V>[] = [];
  #frame: Frame = { width: 0, height: HEIGHT, left: 0, from: 0, to: 1, max: 1 };
  /** The time that the cursor is at. */
  #at: number | undefined;

  constructor(plan: ChartPlan<V>) {
    this.#plan = plan;
    this.#svg = s(
      "svg",
      { "aria-hidden": "true", focusable: "false" },
      this.#grid,
      this.#drawn,
      this.#cursor,
    );
    this.#plot = h(
      "div",
      {
        class: "plot",
        role: "img",
        tabindex: 0,
        on: {
          pointermove: (event: PointerEvent) => this.#point(event),
          pointerleave: () => this.#hide(),
          blur: () => this.#hide(),
          keydown: (event: KeyboardEvent) => this.#press(event),
        },
      },
      this.#svg,
      this.#empty,
      this.#tip,
    );
    this.element = h("div", { class: "chart" }, this.#plot, this.#spoken);
    new ResizeObserver(([entry]) => {
      this.#width = Math.floor(entry?.contentRect.width ?? 0);
      this.#draw();
    }).observe(this.#plot);
  }

  /** Shows these points up to a time. */
  update(points: readonly Point<V>[], to: number, spanMs: number): void {
    this.#points = points;
    this.#frame = { ...this.#frame, from: to - spanMs, to };
    this.#draw();
  }

  #draw(): void {
    if (this.#width === 0) return;
    const { from, to } = this.#frame;
    const values = this.#plan.lines.flatMap(({ pick }) =>
      this.#points.map(({ v }) => pick(v)).filter((n) => n !== undefined),
    );
    const axis = marks(Math.max(this.#plan.least, ...values), this.#plan.unit);
    const labels = axis.map(this.#plan.mark);
    const left = Math.ceil(Math.max(...labels.map((label) => label.length)) * MARK_WIDTH) + 8;
    const height = this.#width < LOW_BELOW_WIDTH ? LOW_HEIGHT : HEIGHT;
    this.#frame = { width: this.#width, height, left, from, to, max: axis.at(-1) ?? 1 };
    setAttribute(this.#svg, "viewBox", `0 0 ${this.#width} ${height}`);
    setAttribute(this.#svg, "width", this.#width);
    setAttribute(this.#svg, "height", height);
    this.#grid.replaceChildren(...this.#levels(axis, labels), ...this.#times());
    this.#drawn.replaceChildren(...this.#plan.lines.flatMap((line) => this.#shape(line)));
    this.#empty.hidden = this.#points.length > 1;
    setAttribute(this.#plot, "aria-label", this.#summary());
    if (this.#at !== undefined) this.#show(this.#at);
  }

  #levels(axis: readonly number[], labels: readonly string[]): Node[] {
    const { left, width } = this.#frame;
    return axis.flatMap((value, at) => {
      const y = this.#y(value);
      return [
        s("line", { x1: left, x2: width - RIGHT, y1: y, y2: y, "data-zero": value === 0 }),
        s("text", { x: left - 8, y: y + 4, "text-anchor": "end" }, labels[at]),
      ];
    });
  }

  #times(): Node[] {
    const { left, width, height, from, to } = this.#frame;
    const most = Math.max(1, Math.floor((width - left - RIGHT) / TIME_MARK_GAP));
    return timeMarks(to - from, most).map((ago) => {
      const x = this.#x(to - ago);
      const anchor = ago === 0 ? "end" : x - left < 20 ? "start" : "middle";
      const text = ago === 0 ? "now" : `−${span(ago)}`;
      return s("text", { x, y: height - 4, "text-anchor": anchor }, text);
    });
  }

  #shape({ tint, area, pick }: Line<V>): Node[] {
    const floor = this.#y(0).toFixed(1);
    return runs(this.#points, pick, this.#plan.holeMs).flatMap((run) => {
      const places = run.map(({ t, v }) => `${this.#x(t).toFixed(1)} ${this.#y(v).toFixed(1)}`);
      const [first, last] = [run[0], run.at(-1)];
      if (first === undefined || last === undefined) return [];
      const line = s("path", { class: "line", "data-tint": tint, d: `M${places.join("L")}` });
      const [x1, x2] = [this.#x(first.t).toFixed(1), this.#x(last.t).toFixed(1)];
      const d = `M${x1} ${floor}L${places.join("L")}L${x2} ${floor}Z`;
      return area ? [s("path", { class: "area", "data-tint": tint, d }), line] : [line];
    });
  }

  #summary(): string {
    const { title, lines, words } = this.#plan;
    const last = this.#points.at(-1);
    if (last === undefined) return `${title}: nothing yet`;
    const now = lines.map(({ name, pick }) => `${name} ${wordsOr(pick(last.v), words)}`).join(", ");
    return `Chart of ${title}, the last ${span(this.#frame.to - this.#frame.from)}. Now: ${now}. Arrow keys read it.`;
  }

  #point(event: PointerEvent): void {
    const { left } = this.#plot.getBoundingClientRect();
    this.#show(this.#timeAt(event.clientX - left));
  }

  #press(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -30, PageDown: 30 }[event.key];
    if (event.key === "Escape") this.#hide();
    if (step === undefined || this.#points.length === 0) return;
    event.preventDefault();
    const at = this.#at === undefined ? this.#points.length - (step < 0 ? 0 : 1) : this.#nearest(this.#at);
    const next = this.#points[Math.min(Math.max(at + step, 0), this.#points.length - 1)];
    if (next === undefined) return;
    this.#show(next.t);
    setText(
      this.#spoken,
      `${clock(next.t)}: ${this.#values(next.v)
        .map((value) => value.join(" "))
        .join(", ")}`,
    );
  }

  #show(time: number): void {
    const found = this.#points[this.#nearest(time)];
    if (found === undefined || found.t < this.#frame.from) {
      this.#hide();
      return;
    }
    this.#at = found.t;
    const x = this.#x(found.t);
    const dots = this.#plan.lines.flatMap(({ tint, pick }) => {
      const value = pick(found.v);
      return value === undefined
        ? []
        : [s("circle", { cx: x, cy: this.#y(value), r: 3.5, "data-tint": tint })];
    });
    this.#cursor.replaceChildren(
      s("line", { x1: x, x2: x, y1: TOP, y2: this.#frame.height - BOTTOM }),
      ...dots,
    );
    setAttribute(this.#cursor, "hidden", false);
    const rows = this.#values(found.v).map(([name, value], at) =>
      h(
        "div",
        {},
        h("i", { "data-tint": this.#plan.lines[at]?.tint }),
        h("span", {}, name),
        h("b", {}, value),
      ),
    );
    this.#tip.replaceChildren(h("time", {}, clock(found.t)), ...rows);
    this.#tip.hidden = false;
    this.#tip.classList.toggle("before", x > this.#width / 2);
    this.#tip.style.left = `${x}px`;
  }

  #hide(): void {
    this.#at = undefined;
    this.#tip.hidden = true;
    setAttribute(this.#cursor, "hidden", true);
    setText(this.#spoken, "");
  }

  #values(v: V): [string, string][] {
    return this.#plan.lines.map(({ name, pick }) => [name, wordsOr(pick(v), this.#plan.words)]);
  }

  #nearest(time: number): number {
    let best = 0;
    for (const [at, { t }] of this.#points.entries()) {
      if (Math.abs(t - time) <= Math.abs((this.#points[best]?.t ?? 0) - time)) best = at;
    }
    return best;
  }

  #x(t: number): number {
    const { left, width, from, to } = this.#frame;
    return left + (Math.max(0, t - from) / (to - from)) * (width - RIGHT - left);
  }

  #timeAt(x: number): number {
    const { left, width, from, to } = this.#frame;
    return from + ((x - left) / (width - RIGHT - left)) * (to - from);
  }

  #y(value: number): number {
    const { height, max } = this.#frame;
    return height - BOTTOM - (value / max) * (height - BOTTOM - TOP);
  }
}

const wordsOr = (n: number | undefined, words: (n: number) => string): string =>
  n === undefined ? "none" : words(n);
