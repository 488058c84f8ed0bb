"""The keys of programs: what each may do, kept as hashes in one file; a key is shown once, when it is made."""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast

import orjson
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from starlette.requests import Request

from groundsel_pipelines.errors import InvalidInput, Unavailable, UnknownName
from groundsel_plugin.problems import FORBIDDEN, TWO_CREDENTIALS, UNAUTHORIZED, ProblemError

Scope = Literal["ingest:write"]
PREFIX: Final = "gsl"
SECRET_BYTES: Final = 32
REALM: Final = 'Bearer realm="groundsel"'


class Key(BaseModel):
    """What is kept of a key. Its secret is random, 256 bits: one SHA-256 hides it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key_id: str
    name: str  # for people: who holds it
    sha256: str  # of the secret
    scopes: tuple[Scope, ...]
    collections: tuple[str, ...]  # that it may write to


KEYS: Final = TypeAdapter(tuple[Key, ...])


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The file, for its owner's eyes. It is read for each request, so that a key that is removed is dead at once."""

    path: Path

    def keys(self) -> Mapping[str, Key]:
        """Give the keys by their ids; where there is no file, none.

        Raises:
            Unavailable: the file cannot be read: then nobody is let in.

        """
        try:
            return {key.key_id: key for key in KEYS.validate_json(self.path.read_bytes())}
        except FileNotFoundError:
            return {}
        except (OSError, ValidationError) as error:
            raise Unavailable(
                f"the keys in {self.path} cannot be read: {said(error)}; mend or remove that file"
            ) from None

    def add(self, name: str, *, scopes: Sequence[Scope], collections: Sequence[str]) -> str:
        """Make a key, and give it: it is shown this once."""
        if not collections:
            raise InvalidInput("name the collections that the key may write to: --collection NAME")
        key_id, secret = secrets.token_hex(8), secrets.token_urlsafe(SECRET_BYTES)
        made = Key(
            key_id=key_id, name=name, sha256=hashed(secret), scopes=tuple(scopes), collections=tuple(collections)
        )
        self._write([*self.keys().values(), made])
        return f"{PREFIX}_{key_id}_{secret}"

    def remove(self, key_id: str) -> None:
        """Take a key out: whoever holds it is refused from now on.

        Raises:
            UnknownName: there is none of that id.

        """
        keys = dict(self.keys())
        if keys.pop(key_id, None) is None:
            raise UnknownName(f"there is no key {key_id!r}; see: groundsel keys list")
        self._write(list(keys.values()))

    def _write(self, keys: Sequence[Key]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self.path.parent, prefix=".keys-", delete=False) as file:  # mode 600
            file.write(orjson.dumps([key.model_dump() for key in keys], option=orjson.OPT_INDENT_2))
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(self.path)

    def require(self, request: Request, scope: Scope, *, collection: str) -> Key:
        """Give the key of whoever sent `request`, which may do `scope` in `collection`.

        Raises:
            ProblemError: there is no key, a wrong one, or one that may not do this. Why, only the status tells.
            Unavailable: the keys cannot be read.

        """
        given = credentials(request)
        if given is None:
            raise ProblemError(UNAUTHORIZED, "a key is needed; make one with: groundsel keys add NAME --collection C",
                               headers={"WWW-Authenticate": REALM})  # fmt: skip
        key_id, secret = given
        key = self.keys().get(key_id)
        # a key that is not there is compared as well: the time taken says nothing of which ids exist
        if not hmac.compare_digest(hashed(secret), key.sha256 if key else hashed("")) or key is None:
            raise ProblemError(UNAUTHORIZED, "this key is not valid",
                               headers={"WWW-Authenticate": f'{REALM}, error="invalid_token"'})  # fmt: skip
        if scope not in key.scopes or collection not in key.collections:
            raise ProblemError(FORBIDDEN, f"this key may not do that here; it needs {scope} for the collection",
                headers={"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{scope}"'})  # fmt: skip
        return key


def credentials(request: Request) -> tuple[str, str] | None:
    """Give id and secret of the key in the headers, or None where there is none at all.

    A key is sent as `Authorization: Bearer KEY`, `ApiKey KEY` or `ApiKey base64(id:secret)`, as the password of
    `Basic`, or as the header `api-key`. What is no key comes out as an id that nobody has.

    Raises:
        ProblemError: two headers hold different keys.

    """
    found = set()
    for value in request.headers.getlist("authorization"):
        scheme, _, rest = value.partition(" ")
        found.add(parsed(scheme.lower(), rest.strip()))
    found |= {split(value.strip()) for value in request.headers.getlist("api-key")}
    if len(found) > 1:
        raise ProblemError(TWO_CREDENTIALS, "the request holds two different keys; send one")
    return found.pop() if found else None


def parsed(scheme: str, value: str) -> tuple[str, str]:
    if scheme == "bearer" or (scheme == "apikey" and value.startswith(f"{PREFIX}_")):
        return split(value)
    if scheme in {"apikey", "basic"}:
        try:
            before, _, after = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return split(after) if after.startswith(f"{PREFIX}_") else (before, after)
    return "", ""


def split(key: str) -> tuple[str, str]:
    prefix, _, rest = key.partition("_")
    key_id, _, secret = rest.partition("_")
    return (key_id, secret) if prefix == PREFIX else ("", "")


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def said(error: Exception) -> str:
    """Give the reason without what stands in the file."""
    return cast("str", error.strerror) if isinstance(error, OSError) else "it is no list of keys"
