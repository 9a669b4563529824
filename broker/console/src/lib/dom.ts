// Making elements. Text only ever becomes text nodes and attributes: nothing in this page reads HTML.

type Value = string | number | boolean | undefined;
export type Child = Node | string | undefined | false;

/** What an element is made with: attributes, and what it listens to. */
export interface Props {
  on?: Record<string, (event: never) => void>;
  [attribute: string]: Value | Record<string, (event: never) => void>;
}

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes, listeners and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), props, children);
}

/** The same for a drawing. */
export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill<E extends Element>(element: E, { on = {}, ...attributes }: Props, children: Child[]): E {
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value as Value);
  for (const [type, listener] of Object.entries(on)) {
    element.addEventListener(type, listener as (event: Event) => void);
  }
  for (const child of children) if (child !== undefined && child !== false) element.append(child);
  return element;
}

/** Sets an attribute if it is another one; `false` and nothing take it away. */
export function setAttribute(element: Element, name: string, value: Value): void {
  if (value === undefined || value === false) element.removeAttribute(name);
  else {
    const text = value === true ? "" : String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

/** Sets the text if it is another one, so that what is the same costs nothing and disturbs no selection. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Puts these children, in this order, and moves only what is not in its place. */
export function setChildren(parent: Element, children: Iterable<Node>): void {
  let at = parent.firstChild;
  for (const child of children) {
    if (child === at) at = at.nextSibling;
    else parent.insertBefore(child, at);
  }
  while (at !== null) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

/** Something on the screen that follows an item. */
export interface Shown<T> {
  readonly element: Element;
  update(item: T): void;
}

/** Keeps one element for each item, known by its key: made when the item comes, updated while it stays. */
export class Keyed<T> {
  readonly #parent: Element;
  readonly #keyOf: (item: T) => string;
  readonly #make: (item: T) => Shown<T>;
  #shown = new Map<string, Shown<T>>();

  constructor(parent: Element, keyOf: (item: T) => string, make: (item: T) => Shown<T>) {
    this.#parent = parent;
    this.#keyOf = keyOf;
    this.#make = make;
  }

  set(items: readonly T[]): void {
    const shown = new Map<string, Shown<T>>();
    for (const item of items) {
      const key = this.#keyOf(item);
      const one = this.#shown.get(key) ?? this.#make(item);
      one.update(item);
      shown.set(key, one);
    }
    this.#shown = shown;
    setChildren(
      this.#parent,
      [...shown.values()].map(({ element }) => element),
    );
  }
}
