"""What the tests of sources elsewhere share: servers that stay for all of a module, and an empty place of each kind."""

from collections.abc import Generator
from pathlib import Path

import pytest

from elsewhere import EMPTY, Elsewhere, Servers, servers_in


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Generator[Servers]:
    with servers_in(tmp_path_factory.mktemp("servers")) as started:
        yield started


@pytest.fixture(params=list(EMPTY))
def elsewhere(request: pytest.FixtureRequest, servers: Servers, tmp_path: Path) -> Elsewhere:
    return EMPTY[request.param](servers, tmp_path)
