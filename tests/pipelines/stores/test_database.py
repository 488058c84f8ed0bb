"""The database of the embedded store: what the system refuses is said in a sentence."""

from pathlib import Path

import pytest

from groundsel_pipelines.errors import Unavailable
from groundsel_pipelines.stores.embedded.database import Database


def test_a_file_that_cannot_be_opened_is_said_with_its_folder(tmp_path: Path) -> None:
    (tmp_path / "groundsel.db").mkdir()

    with pytest.raises(Unavailable, match=r"cannot be read or written .*check the disk and the folder's rights"):
        Database(tmp_path)
