// A peer in JavaScript: drives the library `eventsource` on Node against a broker, for the tests.
//
//   events.mjs URL COUNT   prints "ready" once it is subscribed, then each message as a line of JSON with the id of its
//                          event; comes again by itself when the connection is lost. A gap, or the end for good, ends it

import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.FANFARE_PEERS, "node", "package.json"));
const { EventSource } = require("eventsource");

const [url, count] = process.argv.slice(2);
const source = new EventSource(url);
let left = Number(count);
let ready = false;

function end(why) {
  source.close();
  if (why) console.error(why);
  process.exitCode = why ? 1 : 0;
}

source.addEventListener("subscribed", () => {
  if (!ready) console.log('"ready"');
  ready = true;
});
source.addEventListener("message", ({ data, lastEventId }) => {
  const { topic, text } = JSON.parse(data);
  console.log(JSON.stringify({ topic, text, id: lastEventId }));
  left -= 1;
  if (left === 0) end();
});
source.addEventListener("gap", ({ data }) => end(`a gap: ${data}`));
source.addEventListener("error", ({ code, message }) => {
  if (source.readyState === EventSource.CLOSED) end(`the end, with ${code}: ${message}`);
});
