// Choices of this browser that outlive the page, where it lets us keep them.

export interface Choice<T> {
  get(): T;
  set(value: T): void;
}

/** One of several words. */
export function stored<T extends string>(place: string, choices: readonly T[], otherwise: T): Choice<T> {
  let held = read(place);
  return {
    get: () => choices.find((choice) => choice === held) ?? otherwise,
    set(value) {
      held = value;
      try {
        localStorage.setItem(place, value);
      } catch {
        // Then it is kept as long as the page.
      }
    },
  };
}

function read(place: string): string | null {
  try {
    return localStorage.getItem(place);
  } catch {
    return null;
  }
}
