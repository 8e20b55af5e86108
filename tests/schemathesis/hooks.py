"""What the document cannot tell, or what would make the same requests mean something else."""

import json
import os
import uuid

import schemathesis

MAX_METADATA_BYTES = 2048
# The second part of the key that all requests are made with.
OWN_KEY_ID = os.environ["TINTYPE_KEY"].split("_")[1]


@schemathesis.hook
def filter_body(context, body):
    """JSON Schema knows no limit for the bytes of an object."""
    metadata = body.get("metadata") if isinstance(body, dict) else None
    return len(json.dumps(metadata, ensure_ascii=False).encode()) <= MAX_METADATA_BYTES


@schemathesis.hook
def before_call(context, case, kwargs):
    # The bucket behind a redirect is not what is described here.
    kwargs["allow_redirects"] = False
    # The key in hand is listed beside others: revoked by a request of this run, it would end it.
    if (case.path_parameters or {}).get("key_id") == OWN_KEY_ID:
        case.path_parameters["key_id"] = "0" * len(OWN_KEY_ID)
    # The same key with another body is refused, rightly: each request is another upload.
    key = case.headers.get("Idempotency-Key")
    if key and 1 <= len(key) <= 255 and all("!" <= letter <= "~" for letter in key):
        case.headers["Idempotency-Key"] = uuid.uuid4().hex
    # No upload comes for these images: a wait would only be long.
    wait = (case.query or {}).get("wait")
    if isinstance(wait, int) and 1 <= wait <= 25:
        case.query["wait"] = 0
