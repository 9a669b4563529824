// A table whose columns sort: by a press on a head, or, where there is no room for heads, by a choice.

import { Keyed, type Shown, h, setAttribute } from "../lib/dom.js";
import { type Direction, type Sorting, pressed, sorted } from "../lib/sort.js";

export interface Column<T, K extends string> {
  readonly key: K;
  readonly title: string;
  /** Whether it is a number, which stands at the right. */
  readonly number?: boolean;
  /** The way that is mostly wanted. */
  readonly first: Direction;
  readonly value: (row: T) => string | number | undefined;
}

export interface TablePlan<T, K extends string> {
  readonly label: string;
  readonly columns: readonly Column<T, K>[];
  readonly sorting: Sorting<K>;
  readonly keyOf: (row: T) => string;
  readonly make: (row: T) => Shown<T>;
  /** Another order is wanted. */
  readonly resorted: (sorting: Sorting<K>) => void;
}

export class Table<T, K extends string> {
  readonly element: HTMLElement;
  readonly #plan: TablePlan<T, K>;
  readonly #heads: HTMLTableCellElement[];
  readonly #rows: Keyed<T>;
  readonly #select: HTMLSelectElement;
  readonly #way = h("button", { type: "button", class: "way" });
  #sorting: Sorting<K>;
  #all: readonly T[] = [];

  constructor(plan: TablePlan<T, K>) {
    this.#plan = plan;
    this.#sorting = plan.sorting;
    this.#heads = plan.columns.map((column) => this.#head(column));
    const body = h("tbody", {});
    this.#rows = new Keyed(body, plan.keyOf, plan.make);
    this.#select = h(
      "select",
      { "aria-label": "Sort by" },
      ...plan.columns.map(({ key, title }) => h("option", { value: key }, title)),
    );
    this.#select.addEventListener("change", () => {
      const column = plan.columns.find(({ key }) => key === this.#select.value);
      if (column !== undefined) this.#sort({ by: column.key, direction: column.first });
    });
    this.#way.addEventListener("click", () =>
      this.#sort(pressed(this.#sorting, this.#sorting.by, "ascending")),
    );
    this.element = h(
      "div",
      { class: "table" },
      h(
        "div",
        { class: "sort-by" },
        h("span", { "aria-hidden": "true" }, "Sort by"),
        this.#select,
        this.#way,
      ),
      h(
        "table",
        { "aria-label": plan.label },
        h(
          "thead",
          {},
          h("tr", {}, ...this.#heads, h("th", { class: "deeds" }, h("span", { class: "unseen" }, "Actions"))),
        ),
        body,
      ),
    );
    this.#mark();
  }

  set(rows: readonly T[]): void {
    this.#all = rows;
    const column = this.#plan.columns.find(({ key }) => key === this.#sorting.by);
    this.#rows.set(column === undefined ? rows : sorted(rows, this.#sorting, (row) => column.value(row)));
  }

  #head({ key, title, number, first }: Column<T, K>): HTMLTableCellElement {
    const click = (): void => this.#sort(pressed(this.#sorting, key, first));
    return h(
      "th",
      { scope: "col", class: number === true ? "number" : undefined },
      h("button", { type: "button", on: { click } }, title),
    );
  }

  #sort(sorting: Sorting<K>): void {
    this.#sorting = sorting;
    this.#mark();
    this.set(this.#all);
    this.#plan.resorted(sorting);
  }

  #mark(): void {
    const { by, direction } = this.#sorting;
    for (const [at, head] of this.#heads.entries()) {
      setAttribute(head, "aria-sort", this.#plan.columns[at]?.key === by ? direction : undefined);
    }
    this.#select.value = by;
    this.#way.replaceChildren(direction === "ascending" ? "↑" : "↓");
    setAttribute(this.#way, "aria-label", `Sorted ${direction}; press for the other way`);
  }
}

/** A cell; its label stands beside it where there is no room for heads. */
export function cell(
  label: string,
  className: string | undefined,
  ...children: (Node | string)[]
): HTMLTableCellElement {
  return h("td", { "data-label": label, class: className }, ...children);
}
