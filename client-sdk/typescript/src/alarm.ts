// A timer that is cheap to move: deadlines mostly move later, and then it is left alone until it rings.

/** Longest time that timers take. */
const MAX_TIMER = 2 ** 31 - 1;

/** An alarm: what sets it for a time, as seen from another. It may ring before (then the deadline has moved). */
export function alarm(ring: () => void): (due: number, time: number) => void {
  let set: { readonly at: number; readonly timer: ReturnType<typeof setTimeout> } | undefined;
  const rings = (): void => {
    set = undefined;
    ring();
  };
  return (due, time) => {
    if (set !== undefined && set.at <= due) return;
    clearTimeout(set?.timer);
    set = undefined;
    if (due === Infinity) return;
    set = { at: due, timer: setTimeout(rings, Math.min(due - time, MAX_TIMER)) };
  };
}
