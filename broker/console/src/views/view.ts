// What a view is: a part of the page that is looked at by itself.

export interface View {
  readonly element: HTMLElement;
  /** Shows what is so now. Called once a frame at most, and only while it is looked at. */
  render(): void;
  /** It is looked at; `detail` is what the address says beside its name. */
  open?(detail: string): void;
  /** It is looked at again, after the page was hidden. */
  wake?(): void;
}
