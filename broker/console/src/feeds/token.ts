// The token or key of whoever looks at this page: in this tab alone, until it is closed, and never in an address.

const PLACE = "fanfare.token";

export interface Keeper {
  get(): string | undefined;
  set(token: string | undefined): void;
}

/** Where storage is forbidden, the token lives as long as the page. */
export function keeper(storage: () => Storage): Keeper {
  let held: string | undefined;
  const stored = <T>(deed: (storage: Storage) => T): T | undefined => {
    try {
      return deed(storage());
    } catch {
      return undefined;
    }
  };
  return {
    get: () => held ?? stored((storage) => storage.getItem(PLACE)) ?? undefined,
    set(token) {
      held = token;
      stored((storage) => (token === undefined ? storage.removeItem(PLACE) : storage.setItem(PLACE, token)));
    },
  };
}
