"""What a figure depends on and its reader must know: the processor, the versions of what ran."""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

RAN: Final = ("groundsel", "onnxruntime", "tantivy", "faiss-cpu", "ir-measures", "numpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The processor and those of its instructions that decide how fast int8 is."""

    processor: str
    cores: int
    instructions: str
    python: str

    def __str__(self) -> str:
        return f"{self.processor}, {self.cores} cores, {self.instructions}, Python {self.python}"


def this_machine() -> Machine:
    """Read the processor's name and its vector instructions; unknown where the system does not tell."""
    cpu = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace") if Path("/proc/cpuinfo").exists() else ""
    fields = dict(line.split(":", 1) for line in cpu.split("\n\n")[0].splitlines() if ":" in line)
    facts = {key.strip(): value.strip() for key, value in fields.items()}
    flags = set(facts.get("flags", "").split())
    known = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8") if flag in flags]
    return Machine(
        processor=facts.get("model name", platform.processor() or "unknown processor"),
        cores=os.cpu_count() or 1,
        instructions="+".join(known) or "unknown instructions",
        python=platform.python_version(),
    )


def versions() -> Mapping[str, str]:
    """Give the versions of the libraries that figures depend on, where they are installed."""
    found: dict[str, str] = {}
    for name in RAN:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
