"""The files of a Git repository at one branch; after the first run, what changed between two commits."""

import hashlib
import io
import json
import os
import subprocess
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final
from urllib.parse import quote, urlsplit

from anyio import to_thread
from platformdirs import user_cache_path

from groundsel_ingest.connector import Change, Delete, Item, ListingEnd, Options, Source, Upsert
from groundsel_ingest.connectors.files import readable
from groundsel_ingest.connectors.wanted import Wanted
from groundsel_pipelines.errors import InvalidInput, Rejected, Unavailable
from groundsel_pipelines.settings import environment_without

FETCH_SECONDS = 3600.0  # the first fetch of a large repository
LOCAL_SECONDS = 300.0
FILE_MODES: Final = {"100644", "100755"}  # neither links nor submodules
LFS = b"version https://git-lfs.github.com/spec/"
ALLOWED: Final = ("protocol.allow=never", "protocol.https.allow=always", "protocol.ssh.allow=always",
                  "protocol.file.allow=always")  # fmt: skip # never a helper that runs commands, nor plain http


class GitOptions(Options):
    url: str  # https, ssh, or a folder; credentials are Git's own business (a helper, a key)
    branch: str = "main"
    include: tuple[str, ...] = ("**",)
    exclude: tuple[str, ...] = ()
    uri: str = ""  # where a file is shown: a template of {branch} and {path}
    mirror: Path = user_cache_path("groundsel") / "git"  # where a copy of the repository is kept


def create(source: Source) -> "Git":
    options = source.read(GitOptions)
    if urlsplit(options.url).password:
        raise InvalidInput(
            f"setting 'sources.{source.name}.url' holds a password; let a credential helper of Git keep it"
        )
    if options.branch.startswith("-") or ".." in options.branch or not options.branch.isprintable():
        raise InvalidInput(f"setting 'sources.{source.name}.branch': {options.branch!r} is no name of a branch")
    return Git(options, name=source.name, principals=source.principals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One file that is different between two commits."""

    kind: str  # A, D, M, R or T, as Git has it
    mode: str  # now
    blob: str  # now
    old: str  # its path before
    new: str  # its path now; of a deleted one, `old`


class Names:
    """By what each file is known: the path at which it was first seen, whatever it has been renamed to since."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = dict(known)  # by path; only of files that were renamed

    def of(self, path: str) -> str:
        return self._known.get(path, path)

    def fresh(self, path: str, blob: str) -> str:
        """Give a name for a new file: its path, unless a file that was renamed is known by that."""
        return f"{path}@{blob[:12]}" if path in self._known.values() else path

    def keep(self, path: str, native_id: str) -> None:
        if native_id != path:
            self._known[path] = native_id

    def forget(self, path: str) -> None:
        self._known.pop(path, None)

    def kept(self) -> Mapping[str, str]:
        return self._known


class Git:
    """Keeps a bare copy of the branch with its history, and reads from that."""

    ruled = False

    def __init__(self, options: GitOptions, *, name: str, principals: frozenset[str]) -> None:
        self.name = name
        self.place = f"{options.url}#{options.branch}"
        self._options = options
        self._principals = principals
        self._files = Wanted(include=options.include, exclude=options.exclude)
        self._wanted = hashlib.sha256(repr((options.include, options.exclude, options.uri)).encode()).hexdigest()[:16]
        self._mirror = options.mirror.expanduser() / hashlib.sha256(options.url.encode()).hexdigest()[:16]
        self._reference = f"refs/heads/{options.branch}"

    def close(self) -> None:
        """Keep nothing open: every command of Git is a process of its own."""

    async def changes(self, cursor: str | None) -> AsyncGenerator[tuple[Change, str]]:
        commit = await to_thread.run_sync(self._fetch)
        before, wanted, known = remembered(cursor)
        names = Names(known)
        if wanted == self._wanted and await to_thread.run_sync(self._knows, before):
            found = await to_thread.run_sync(lambda: list(self._changed(before, commit, names)))
        else:
            items = await to_thread.run_sync(lambda: list(self._listed(commit, names)))
            found = [*(Upsert(item=item) for item in items), ListingEnd()]
        after = json.dumps([commit, self._wanted, names.kept()])
        for change in found:
            yield change, after

    def open(self, item: Item) -> BinaryIO:
        blob = item.stamp.partition(" ")[0]
        size = int(self._git("cat-file", "-s", blob))
        self._files.check_size(size)
        content = self._git("cat-file", "blob", blob)
        if content.startswith(LFS):
            raise Rejected("its content is kept outside the repository (Git LFS)")
        return io.BytesIO(content)

    # ------------------------------------------------------------ from the repository

    def _fetch(self) -> str:
        """Bring the copy up to date, and give the branch's commit."""
        if not (self._mirror / "HEAD").exists():
            self._mirror.mkdir(parents=True, exist_ok=True)
            self._git("init", "--quiet", "--bare")
        self._git("fetch", "--quiet", "--no-tags", "--force", "--", self._options.url,
                  f"+{self._reference}:{self._reference}", seconds=FETCH_SECONDS)  # fmt: skip
        return self._git("rev-parse", "--verify", f"{self._reference}^{{commit}}").decode().strip()

    def _knows(self, commit: str) -> bool:
        """Say whether `commit` is in the copy: a branch may have been rewritten and swept since."""
        try:
            return self._git("cat-file", "-t", commit).strip() == b"commit"
        except Unavailable:
            return False

    def _listed(self, commit: str, names: "Names") -> Generator[Item]:
        dates = self._dates(commit)
        for line in records(self._git("ls-tree", "-r", "-z", "--full-tree", commit)):
            head, _, path = line.partition("\t")
            mode, _, blob = head.split()
            if mode in FILE_MODES and self._takes(path):
                yield self._item(path, blob, dates.get(path), native_id=names.of(path))

    def _changed(self, before: str, commit: str, names: "Names") -> Generator[Change]:
        """Yield what is different; a renamed file is still itself."""
        dates = self._dates(f"{before}..{commit}")
        differences = list(self._differences(before, commit))
        was = {each.old: names.of(each.old) for each in differences}
        for each in differences:
            if each.kind in "DR":
                names.forget(each.old)
        for each in differences:
            there = each.kind != "D" and each.mode in FILE_MODES and self._takes(each.new)
            if not there:
                if each.kind != "A" and self._takes(each.old):
                    yield Delete(native_id=was[each.old])
                continue
            native_id = (
                was[each.old] if each.kind != "A" and self._takes(each.old) else names.fresh(each.new, each.blob)
            )
            names.keep(each.new, native_id)
            yield Upsert(item=self._item(each.new, each.blob, dates.get(each.new), native_id=native_id))

    def _differences(self, before: str, commit: str) -> Generator["Difference"]:
        fields = iter(records(self._git("diff-tree", "-r", "-z", "--find-renames", "--full-index", before, commit)))
        for head in fields:
            _, mode, _, blob, kind = head.lstrip(":").split()
            old = next(fields)
            new = next(fields) if kind[0] == "R" else old
            yield Difference(kind=kind[0], mode=mode, blob=blob, old=old, new=new)

    def _dates(self, commits: str) -> dict[str, datetime]:
        """Give the time of the newest commit that touched each path."""
        found: dict[str, datetime] = {}
        at = datetime.fromtimestamp(0, UTC)
        for record in records(self._git("log", "-z", "--name-only", "--no-renames", "--format=%x01%ct", commits)):
            path = record
            if record.startswith("\x01"):
                seconds, _, path = record[1:].partition("\n")
                at = datetime.fromtimestamp(int(seconds), UTC)
            if path := path.removeprefix("\n"):
                found.setdefault(path, at)
        return found

    def _takes(self, path: str) -> bool:
        hidden = any(part.startswith(".") for part in PurePosixPath(path).parts)
        return not hidden and self._files.takes(path)

    def _item(self, path: str, blob: str, modified_at: datetime | None, *, native_id: str) -> Item:
        shown = quote(os.fsencode(path))
        template = self._options.uri or f"{self._options.url}#{{branch}}/{{path}}"
        return Item(
            native_id=native_id,
            name=readable(PurePosixPath(path).name),
            uri=template.replace("{branch}", quote(self._options.branch)).replace("{path}", shown),
            stamp=f"{blob} {shown}",  # the hash of its content, and where it stands
            modified_at=modified_at,
            allowed=self._principals,
        )

    def _git(self, *arguments: str, seconds: float = LOCAL_SECONDS) -> bytes:
        """Run Git over the copy, and give what it printed.

        Raises:
            Unavailable: it failed, or took too long.
            InvalidInput: it is not installed.

        """
        settings = [part for setting in ALLOWED for part in ("-c", setting)]
        command = ["git", "--git-dir", str(self._mirror), *settings, *arguments]
        environment = environment_without("sources") | {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
        try:
            done = subprocess.run(
                command, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=seconds, env=environment
            )
        except FileNotFoundError:
            raise InvalidInput("git is not installed; install it with your system's packages") from None
        except subprocess.TimeoutExpired:
            raise Unavailable(
                f"the repository of source {self.name!r} does not answer within {seconds:.0f} s"
            ) from None
        except subprocess.CalledProcessError as error:
            said = error.stderr.decode(errors="replace").strip().splitlines() or ["it says nothing"]
            fatal = next((line.removeprefix("fatal: ") for line in said if line.startswith("fatal: ")), said[-1])
            if "couldn't find remote ref" in fatal:
                raise InvalidInput(
                    f"the repository of source {self.name!r} has no branch {self._options.branch!r}; "
                    f"set sources.{self.name}.branch"
                ) from None
            raise Unavailable(f"the repository of source {self.name!r} cannot be read: {fatal}") from None
        return done.stdout


def remembered(cursor: str | None) -> tuple[str, str, Mapping[str, str]]:
    """Give commit, filters and names from `cursor`; from one of another format nothing, so that all is listed anew."""
    try:
        match json.loads(cursor or "null"):
            case [str(commit), str(wanted), dict(known)]:
                return commit, wanted, known
    except ValueError:
        pass
    return "", "", {}


def records(output: bytes) -> Iterator[str]:
    """Give what stands between the zero bytes, where there is something; a path may be any bytes."""
    return (os.fsdecode(record) for record in output.split(b"\0") if record)
