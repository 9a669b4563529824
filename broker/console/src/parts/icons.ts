// The page's own drawings.

import { s } from "../lib/dom.js";

const PATHS = {
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2v2.5M12 19.5V22M4.2 4.2 6 6M18 18l1.8 1.8M2 12h2.5M19.5 12H22M4.2 19.8 6 18M18 6l1.8-1.8",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z",
  auto: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 3v18M12 7.5h6.5M12 12h9M12 16.5h6.5",
  help: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM9.4 9.3a2.6 2.6 0 1 1 3.9 2.3c-.8.5-1.3 1-1.3 2M12 17h.01",
  key: "M15 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM11 13 3.5 20.5M6 18l2.5 2.5M8.5 15.5 11 18",
  leave: "M14 4H5v16h9M10 12h11M17.5 8.5 21 12l-3.5 3.5",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  done: "m5 12.5 4.5 4.5L19 7.5",
  pause: "M8.5 5v14M15.5 5v14",
  play: "M8 5v14l11-7Z",
  clear: "M5 7h14M10 7V4.5h4V7M7 7l1 13h8l1-13",
  close: "m6 6 12 12M18 6 6 18",
  right: "m9 5 7 7-7 7",
  alert: "M12 3.5 2.5 20h19ZM12 10v4.5M12 17.2h.01",
  stop: "M8 3h8l5 5v8l-5 5H8l-5-5V8ZM12 8v5M12 16h.01",
  follow: "M3 12h4l3-7 4 14 3-7h4",
} as const;

export type IconName = keyof typeof PATHS;

/** A drawing beside a text that says the same. */
export function icon(name: IconName): SVGSVGElement {
  return s(
    "svg",
    { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    s("path", { d: PATHS[name] }),
  );
}
