// A client for the Fanfare broker: publish and subscribe over one WebSocket, in browsers and Node.
export { Fanfare, connect } from "./client.js";
export { closedText } from "./closed.js";
export { FanfareError } from "./error.js";
export { gapText } from "./event.js";
export { json } from "./value.js";
//# sourceMappingURL=index.js.map