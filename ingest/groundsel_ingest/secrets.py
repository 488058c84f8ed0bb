"""Secrets of sources: named by a file, or taken from the environment; never in a configuration file."""

from pathlib import Path

from pydantic import SecretStr

from groundsel_pipelines.errors import InvalidInput


def read_secret(source: str, key: str, *, file: Path | None, value: SecretStr) -> str:
    """Give the secret `key` of a source.

    Raises:
        InvalidInput: its file cannot be read, or holds nothing.

    """
    if file is None:
        return value.get_secret_value()
    try:
        secret = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"setting 'sources.{source}.{key}_file' cannot be read ({error})") from None
    if not secret:
        raise InvalidInput(f"setting 'sources.{source}.{key}_file' names an empty file: {file}; put the {key} there")
    return secret
