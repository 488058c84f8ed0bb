"""Which files of a source are wanted: patterns of their paths, and the largest size."""

from dataclasses import dataclass
from typing import Final

from groundsel_ingest.globs import matches
from groundsel_ingest.reading import MOST_BYTES
from groundsel_pipelines.errors import Rejected

MEBIBYTE: Final = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What `include`, `exclude`, `largest` and `attachments` of a source say."""

    include: tuple[str, ...] = ("**",)  # patterns, one of which a file must fit
    exclude: tuple[str, ...] = ()  # patterns that it must not fit
    largest: int = MOST_BYTES  # bytes of a file
    attachments: bool = True  # of mails, as documents of their own

    def takes(self, path: str) -> bool:
        """Say whether the file at `path`, below the root and with forward slashes, is wanted."""
        return matches(path, self.include) and not matches(path, self.exclude)

    def below(self, folder: str) -> bool:
        """Say whether anything in `folder` may be wanted."""
        return not (matches(folder, self.exclude) or matches(f"{folder}/", self.exclude))

    def check_size(self, size: int) -> None:
        """Refuse a file before it is read.

        Raises:
            Rejected: it has more bytes than are wanted.

        """
        if size > self.largest:
            raise Rejected(f"it is larger than {self.largest / MEBIBYTE:g} MiB")
