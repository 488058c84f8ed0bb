"""The description of the API as it is committed in docs/openapi.json, where a test compares it."""

import json

from fastapi import FastAPI


def described(app: FastAPI) -> str:
    """Give the OpenAPI document as text, without the version, which changes with every release."""
    document = app.openapi()
    document = {**document, "info": {**document["info"], "version": ""}}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
