// The clock of this client: it never goes back, and it goes on while the machine sleeps.

let read = performance.now();
let wall = Date.now();
let time = read;

/** Milliseconds since some moment. The page's own clock may stand still during sleep; the wall clock may jump back. */
export function now(): number {
  const [reading, walled] = [performance.now(), Date.now()];
  time += Math.max(reading - read, walled - wall, 0);
  [read, wall] = [reading, walled];
  return time;
}
