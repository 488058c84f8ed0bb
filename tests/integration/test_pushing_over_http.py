"""A running service with keys: what is pushed over HTTP with one is found, and a key that is taken out is dead."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from ports import free_port, wait_until_open

pytestmark = pytest.mark.integration

GROUNDSEL = (sys.executable, "-m", "groundsel_pipelines")
MEMO = {"title": "Garden rules", "body": "Hoses are rolled up in the evening.", "url": "https://wiki/garden",
        "access": ["groundsel:public"], "version": 7}  # fmt: skip


def run(home: Path, *arguments: str) -> str:
    done = subprocess.run([*GROUNDSEL, *arguments], cwd=home, check=True, capture_output=True, text=True, timeout=120)
    return done.stdout.strip()


def test_only_holders_of_a_key_push_documents_to_a_running_service(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text("The canteen opens at noon.", encoding="utf-8")
    (tmp_path / "groundsel.toml").write_text(
        f'collection = "wiki"\n[store]\nfolder = "{tmp_path}/index"\n[log]\nqueries = "off"\n'
        f'[access]\npush = true\nkeys = "{tmp_path}/keys.json"\n',
        encoding="utf-8",
    )
    run(tmp_path, "ingest", "notes")
    key = run(tmp_path, "keys", "add", "the wiki", "--collection", "wiki")
    port = free_port()
    service = subprocess.Popen([*GROUNDSEL, "serve", "--port", str(port)], cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        wait_until_open(port)
        place = "/api/v1/collections/wiki/documents/wiki%2Fgarden"
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
            assert client.put(place, json=MEMO).status_code == 401
            holder = {"Authorization": f"Bearer {key}"}
            assert client.put(place, json=MEMO, headers=holder).status_code == 201
            found = client.post("/api/v1/search", json={"query": "who rolls up hoses"}).json()
            assert found["results"][0]["id"] == "wiki/garden"
            (listed,) = run(tmp_path, "keys", "list").splitlines()
            assert key not in listed
            run(tmp_path, "keys", "remove", listed.split()[0])
            assert client.delete(f"{place}?version=8", headers=holder).status_code == 401
            assert client.get(place).json()["version"] == 7
    finally:
        service.terminate()
        service.wait(timeout=60)
