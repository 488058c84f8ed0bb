"""From nothing to the first answer: bytes, seconds, memory of conversion, size of what is installed."""

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import psutil  # type: ignore[import-untyped]

from groundsel_pipelines.models.catalogue import default_names
from reporting import Row, arguments, report

REPOSITORY = Path(__file__).resolve().parents[1]
# Runs the rest of its arguments as a child, and prints that child's seconds and its peak of resident memory in KB
MEASURE = (
    "import resource, subprocess, sys, time; began = time.monotonic(); "
    "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); "
    "print(time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)


def received() -> int:
    """Count the bytes that this machine received from others; nothing else should download meanwhile."""
    counters = psutil.net_io_counters(pernic=True)
    return sum(each.bytes_recv for name, each in counters.items() if name != "lo")


def environment(home: Path) -> dict[str, str]:
    """Give an environment in which every cache is empty and every file goes under `home`."""
    places = {"HOME": home, "XDG_CACHE_HOME": home / "cache", "XDG_DATA_HOME": home / "data"}
    places |= {"UV_CACHE_DIR": home / "uv", "PIP_CACHE_DIR": home / "pip"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GROUNDSEL_")}
    return kept | {name: str(path) for name, path in places.items()}


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


def bytes_under(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def converted(groundsel: Path, name: str, variables: Mapping[str, str]) -> Row:
    """Export a model again from the weights on disk; its measuring on this processor counts."""
    command = [sys.executable, "-c", MEASURE, str(groundsel), "models", "export", name]
    done = subprocess.run(command, env=dict(variables), check=True, capture_output=True, text=True)
    seconds, kilobytes = done.stdout.split()
    return {"what": f"convert {name}", "seconds": float(seconds), "peak memory, MB": int(kilobytes) / 1000}


def main() -> None:
    options = arguments(__doc__ or "").parse_args()
    with TemporaryDirectory() as folder:
        checkout, variables = Path(folder) / "groundsel", environment(Path(folder) / "home")
        subprocess.run(["git", "clone", "--quiet", str(REPOSITORY), str(checkout)], check=True)  # noqa: S607 - as any user would
        before, began = received(), perf_counter()
        make = ["make", "--directory", str(checkout), f"PYTHON={sys.executable}"]
        subprocess.run([*make, ".venv/.runtime"], env=variables, check=True)
        installed = perf_counter()
        groundsel = checkout / ".venv" / "bin" / "groundsel"
        subprocess.run([groundsel, "demo", "--once", "--port", str(free_port())], env=variables, check=True)
        done = perf_counter()
        megabytes = (received() - before) / 1e6
        packages = next((checkout / ".venv" / "lib").glob("python*/site-packages"))
        table: list[Row] = [
            {"what": "install", "seconds": installed - began},
            {"what": "models, index, first answer", "seconds": done - installed},
            {"what": "make demo from nothing", "seconds": done - began, "downloaded, MB": megabytes},
            {"what": "site-packages", "on disk, MB": bytes_under(packages) / 1e6},
            *(converted(groundsel, name, variables) for name in default_names()),
        ]
    report("From nothing", table, json_file=options.json)


if __name__ == "__main__":
    main()
