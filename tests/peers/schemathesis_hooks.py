"""Tells schemathesis how lines of JSON are written: text as it is, anything else as one line."""

import json

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(_context, value):
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "surrogatepass")


# The longest topic, pattern and position that the API takes, in bytes.
MAX_BYTES = 256


def is_told(values):
    """Whether the description can tell if these are too long: a schema counts characters, and the broker bytes."""
    texts = [value for value in (values or {}).values() if isinstance(value, str)]
    return all(len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) <= MAX_BYTES for text in texts)


@schemathesis.hook
def filter_query(_context, query):
    return is_told(query)


@schemathesis.hook
def filter_path_parameters(_context, path_parameters):
    return is_told(path_parameters)
