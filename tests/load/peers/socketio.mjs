// A broker of Socket.IO's own means: a room for each topic, over WebSocket alone.
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, {
  transports: ["websocket"],
  perMessageDeflate: false,
  // An idle connection is to stay idle: the generator answers no heartbeat.
  pingInterval: 3_600_000,
});

io.on("connection", (socket) => {
  socket.on("subscribe", (topic, confirm) => {
    socket.join(topic);
    confirm();
  });
  socket.on("publish", (topic, payload) => io.to(topic).emit("message", topic, payload));
});

http.listen(0, "127.0.0.1", () => {
  console.log(`listening on ws://127.0.0.1:${http.address().port}/socket.io/?EIO=4&transport=websocket`);
});
