"""The default models as folders made in two ways from the same weights: by us, and by the library exporters."""

import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from groundsel_pipelines.models.embedder import OnnxEmbedder
from groundsel_pipelines.models.graphs import write_decoder, write_encoder
from groundsel_pipelines.models.language_model import OnnxLanguageModel
from groundsel_pipelines.models.library_graphs import write_decoder_by_library, write_encoder_by_library
from groundsel_pipelines.models.manifest import (
    Manifest,
    Precision,
    is_ready,
    read_manifest,
    sha256_of_all,
    write_manifest,
)
from groundsel_pipelines.models.pulling import weights_on_disk
from groundsel_pipelines.settings import read_settings

Maker = Literal["groundsel", "library"]

EMBEDDER, WRITER = "all-minilm-l6-v2", "smollm2-135m-instruct"
MAKERS: Final[tuple[Maker, ...]] = ("groundsel", "library")
SETTINGS = read_settings().models


def make_encoder(maker: Maker, precision: Literal["fp32", "int8"], models: Path) -> Manifest:
    """Write the default embedder into the folder of models `models`, ready to be loaded, where it is not there yet."""

    def write(weights: Path, folder: Path) -> None:
        by = write_encoder if maker == "groundsel" else write_encoder_by_library
        by(weights, folder, precision=precision)
        shutil.copyfile(weights / "tokenizer.json", folder / "tokenizer.json")

    return made(EMBEDDER, precision, models, write)


def make_decoder(maker: Maker, precision: Precision, models: Path) -> Manifest:
    """Write the default language model likewise, each maker with its own tokenizer files."""

    def write(weights: Path, folder: Path) -> None:
        if maker == "groundsel":
            write_decoder(weights, folder, precision=precision)
        else:
            write_decoder_by_library(weights, folder, precision=precision)

    return made(WRITER, precision, models, write)


def made(name: str, precision: Precision, models: Path, write: Callable[[Path, Path], None]) -> Manifest:
    """Let `write` fill the folder of a model from its weights, unless that has been done."""
    if is_ready(models, name):
        return read_manifest(models, name)
    folder = models / name
    folder.mkdir(parents=True)
    write(weights_on_disk(SETTINGS.folder, name).path, folder)
    return described(name, precision, folder)


@contextmanager
def kept_or_scratch(folder: Path | None) -> Generator[Path]:
    """Give the folder where what one run makes is there for the next, or one that is removed at the end."""
    if folder is not None:
        yield folder
        return
    with TemporaryDirectory() as scratch:
        yield Path(scratch)


def described(name: str, precision: Precision, folder: Path) -> Manifest:
    installed = read_manifest(SETTINGS.folder, name)
    manifest = replace(installed, precision=precision, checks={}, files=sha256_of_all(folder))
    write_manifest(folder, manifest)
    return manifest


def embedder_by(maker: Maker, precision: Literal["fp32", "int8"], models: Path) -> OnnxEmbedder:
    manifest = make_encoder(maker, precision, models)
    return OnnxEmbedder(models / EMBEDDER, manifest, threads=SETTINGS.threads)


def writer_by(maker: Maker, precision: Precision, models: Path) -> OnnxLanguageModel:
    manifest = make_decoder(maker, precision, models)
    return OnnxLanguageModel(models / WRITER, manifest, threads=SETTINGS.threads)
