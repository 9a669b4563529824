"""A peer in Python: drives the library `sseclient` over `requests` against a broker, for the tests.

    events.py URL COUNT   prints "ready" once it is subscribed, then each message as a line of JSON with the id of its
                          event. A gap, or the end before COUNT messages, ends it
"""

import json
import sys

import requests
import sseclient

url, count = sys.argv[1], int(sys.argv[2])
sys.stdout.reconfigure(encoding="utf-8", newline="\n")
with requests.get(url, stream=True, headers={"Accept": "text/event-stream"}, timeout=60) as answer:
    answer.raise_for_status()
    for event in sseclient.SSEClient(answer).events():
        if event.event == "subscribed":
            print('"ready"', flush=True)
        elif event.event == "message":
            message = json.loads(event.data)
            print(json.dumps({"topic": message["topic"], "text": message["text"], "id": event.id}), flush=True)
            count -= 1
            if count == 0:
                sys.exit()
        elif event.event == "gap":
            sys.exit(f"a gap: {event.data}")
sys.exit("the stream ended")
