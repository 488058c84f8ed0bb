"""What is built for others to install holds everything that the product needs, the demo documents included."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from groundsel_pipelines.commands.demo import demo_documents
from groundsel_pipelines.models.adapter_manifest import shipped

pytestmark = pytest.mark.integration

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=REPOSITORY, check=True, capture_output=True)
    return next(folder.glob("groundsel-*.whl"))


def test_the_wheel_carries_the_page_and_the_demo_documents(wheel: Path) -> None:
    names = set(ZipFile(wheel).namelist())

    assert "groundsel_plugin/static/index.html" in names
    assert "groundsel_elasticsearch/documents-3.json" in names
    for adapter in shipped().values():
        for file in adapter.iterdir():
            assert f"groundsel_pipelines/adapters/{adapter.name}/{file.name}" in names
    for file in demo_documents().rglob("*"):
        if file.is_file():
            assert f"groundsel_demo_company/{file.relative_to(demo_documents()).as_posix()}" in names


def test_an_installed_wheel_finds_its_own_demo_documents(wheel: Path, tmp_path: Path) -> None:
    ZipFile(wheel).extractall(tmp_path)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from groundsel_pipelines.commands.demo import demo_documents\n"
        "print(demo_documents())"
    )
    printed = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True)

    assert Path(printed.stdout.strip()) == tmp_path / "groundsel_demo_company"
