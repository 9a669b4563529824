"""A peer in Python: drives the library `websockets` against a broker, for the tests.

    peer.py follow URL json|msgpack PATTERN COUNT    prints "ready", then each message as a line of JSON
    peer.py lines URL json|msgpack PATTERN COUNT     prints each message, which must be a text, as a line
    peer.py slow URL json|msgpack PATTERN COUNT      the same, but reads nothing for a while now and then
    peer.py publish URL json|msgpack TOPIC           publishes each line of standard input, a JSON object that
                                                     holds text, data or data_b64; prints the sequences
"""

import asyncio
import base64
import json
import sys

import msgpack
import websockets

KINDS = ["data", "text", "data_b64"]
# A slow peer reads so many messages, then nothing for so many seconds.
SLOW_MESSAGES = 50_000
SLOW_PAUSE = 0.3


class Json:
    subprotocol = "fanfare.v1.json"
    hello = '{"op":"hello","name":"peer.py/1"}'
    pong = '{"op":"pong"}'

    @staticmethod
    def subscribe(sub, pattern):
        return json.dumps({"op": "subscribe", "sub": sub, "pattern": pattern})

    @staticmethod
    def publish(id, topic, payload):
        return json.dumps({"op": "publish", "id": id, "topic": topic, **payload})

    @staticmethod
    def read(frame):
        """Gives the op and what the peer needs of the frame."""
        frame = json.loads(frame)
        op = frame["op"]
        if op == "message":
            kind = next(kind for kind in KINDS if kind in frame)
            return op, (frame["topic"], kind, frame[kind])
        if op == "published":
            return op, frame["seq"]
        return op, frame


class MessagePack:
    subprotocol = "fanfare.v1.msgpack"
    hello = msgpack.packb([1, {2: "peer.py/1"}])
    pong = msgpack.packb([9, {}])
    ops = {8: "ping", 17: "welcome", 18: "subscribed", 19: "message", 20: "gap", 21: "behind", 22: "live"}
    ops |= {24: "published", 28: "error"}

    @staticmethod
    def subscribe(sub, pattern):
        return msgpack.packb([2, sub, pattern, {}])

    @staticmethod
    def publish(id, topic, payload):
        [(kind, value)] = payload.items()
        encode = {"data": lambda json_value: json.dumps(json_value).encode(), "text": str.encode, "data_b64": base64.b64decode}
        return msgpack.packb([4, id, topic, KINDS.index(kind), encode[kind](value), {}])

    @classmethod
    def read(cls, frame):
        """Gives the op and what the peer needs of the frame."""
        frame = msgpack.unpackb(frame, strict_map_key=False)
        op = cls.ops.get(frame[0], "other")
        if op == "message":
            topic, kind, payload = frame[2:5]
            decode = [json.loads, bytes.decode, lambda data: base64.b64encode(data).decode()]
            return op, (topic, KINDS[kind], decode[kind](payload))
        if op == "published":
            return op, frame[2][3]
        return op, frame


async def expect(socket, encoding, wanted):
    """Reads on to a frame with this op; answers pings on the way, and passes over being behind and its end."""
    while True:
        op, content = encoding.read(await socket.recv())
        if op == wanted:
            return content
        if op == "ping":
            await socket.send(encoding.pong)
        elif op not in ("behind", "live"):
            raise SystemExit(f"wanted {wanted}, but it is {op}: {content}")


async def follow(socket, encoding, pattern, count, show, slow=False):
    await socket.send(encoding.subscribe(1, pattern))
    await expect(socket, encoding, "subscribed")
    if show is show_object:
        print('"ready"', flush=True)
    for number in range(int(count)):
        if slow and number % SLOW_MESSAGES == 0:
            await asyncio.sleep(SLOW_PAUSE)
        show(*await expect(socket, encoding, "message"))


def show_object(topic, kind, value):
    print(json.dumps({"topic": topic, kind: value}), flush=True)


def show_line(_topic, _kind, value):
    sys.stdout.write(value + "\n")


async def publish(socket, encoding, topic):
    payloads = [json.loads(line) for line in sys.stdin]

    async def send():
        for id, payload in enumerate(payloads):
            await socket.send(encoding.publish(id, topic, payload))

    async def receive():
        for _ in payloads:
            print(await expect(socket, encoding, "published"))

    await asyncio.gather(send(), receive())


async def main(deed, url, encoding, *rest):
    encoding = {"json": Json, "msgpack": MessagePack}[encoding]
    async with websockets.connect(url, subprotocols=[encoding.subprotocol], max_queue=1024) as socket:
        assert socket.subprotocol == encoding.subprotocol
        await socket.send(encoding.hello)
        await expect(socket, encoding, "welcome")
        if deed == "publish":
            await publish(socket, encoding, *rest)
        else:
            show = show_object if deed == "follow" else show_line
            await follow(socket, encoding, *rest, show, slow=deed == "slow")


sys.stdout.reconfigure(encoding="utf-8", newline="\n")
asyncio.run(main(*sys.argv[1:]))
