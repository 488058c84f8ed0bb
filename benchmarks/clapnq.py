"""clapnq-dev as a folder that `groundsel eval` reads: its passages are documents, its answerable questions judged."""

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any, Final

from groundsel_pipelines.evaluating.reading import records

NAME: Final = "clapnq-dev"
KINDS: Final = ("answerable", "unanswerable")  # passages of both are searched: six hundred questions draw from them


def as_beir(source: Path) -> Path:
    """Write corpus, queries and qrels of the set that lies at `source` into a folder that is kept; give the folder."""
    folder = Path(tempfile.gettempdir()) / "groundsel-sets" / NAME
    if (folder / "qrels" / "test.tsv").exists():
        return folder
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    passages: dict[str, Any] = {}
    queries: list[str] = []
    judged = ["query-id\tcorpus-id\tscore"]
    for kind in KINDS:
        for _, row in records(source / f"clapnq_dev_{kind}.jsonl.gz"):
            named = {named_by(passage["text"]): passage for passage in row["passages"]}
            passages |= named
            if kind == "answerable":
                queries.append(json.dumps({"_id": row["id"], "text": row["input"]}))
                judged += [f"{row['id']}\t{name}\t1" for name in named]
    texts = [json.dumps({"_id": name, "title": each["title"], "text": each["text"]}) for name, each in passages.items()]
    (folder / "corpus.jsonl").write_text("\n".join(texts) + "\n", encoding="utf-8")
    (folder / "queries.jsonl").write_text("\n".join(queries) + "\n", encoding="utf-8")
    (folder / "qrels" / "test.tsv").write_text("\n".join(judged) + "\n", encoding="utf-8")
    return folder


def named_by(text: str) -> str:
    """Name a passage by its text: several questions may be asked of one."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
