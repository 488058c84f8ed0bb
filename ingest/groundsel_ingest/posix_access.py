"""Who may read a file by its owner, group and mode, and by those of every folder above it up to the root.

Whether a user is in a group is not known here, so where that would decide, the answer is no: others count only where
the group may as well, as a member of the group is held to its rights (POSIX.1-2017, 4.7 File Access Permissions).
"""

import grp
import os
import pwd
import stat
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import Final

OWNER_ONLY: Final = stat.S_IRWXU
ACCESS_LIST: Final = "system.posix_acl_access"  # the attribute in which Linux keeps a POSIX.1e list


@dataclass(frozen=True, slots=True)
class Rights:
    user: int
    group: int
    mode: int


@cache
def user_name(number: int) -> str:
    """Give a user's principal; one that this machine does not know is called by its number."""
    with suppress(KeyError):
        return f"user:{pwd.getpwuid(number).pw_name}"
    return f"user:{number}"


@cache
def group_name(number: int) -> str:
    with suppress(KeyError):
        return f"group:{grp.getgrgid(number).gr_name}"
    return f"group:{number}"


class PosixRights:
    """Turns rights into principals; folders are entered before what is in them.

    Args:
        others: the principals that a file which all may read is for.

    """

    def __init__(self, others: frozenset[str]) -> None:
        self._others = others
        self._above: dict[str, frozenset[Rights]] = {}  # of a folder: its own and all above it, each kind once

    def enter(self, folder: str, status: os.stat_result, *, restricted: bool) -> None:
        """Note the rights of `folder`, a path below the root, "" for the root itself.

        Args:
            folder: where it lies; its own folder has been entered.
            status: its owner, group and mode.
            restricted: it has an access list beside them, which is not read: then only its owner counts.

        """
        above = self._above[parent(folder)] if folder else frozenset[Rights]()
        self._above[folder] = above | {rights_of(status, restricted=restricted)}

    def knows(self, folder: str) -> bool:
        return folder in self._above

    def readers(self, path: str, status: os.stat_result, *, restricted: bool) -> frozenset[str]:
        """Give who may read the file at `path`; nobody, where nobody surely may."""
        file = rights_of(status, restricted=restricted)
        return readers(file, self._above[parent(path)], self._others)


def parent(path: str) -> str:
    above = str(PurePosixPath(path).parent)
    return "" if above == "." else above


def rights_of(status: os.stat_result, *, restricted: bool) -> Rights:
    mode = stat.S_IMODE(status.st_mode)
    return Rights(status.st_uid, status.st_gid, mode & OWNER_ONLY if restricted else mode)


@cache
def readers(file: Rights, folders: frozenset[Rights], others: frozenset[str]) -> frozenset[str]:
    """Give the principals that may read `file` and pass through all `folders`."""
    found = set[str]()
    if file.mode & stat.S_IRUSR and all(passes(folder, user=file.user) for folder in folders):
        found.add(user_name(file.user))
    if file.mode & stat.S_IRGRP and all(passes(folder, group=file.group) for folder in folders):
        found.add(group_name(file.group))
    if has(file.mode, (stat.S_IRGRP, stat.S_IROTH)) and all(passes(folder) for folder in folders):
        found |= others
    return frozenset(found)


def passes(folder: Rights, *, user: int = -1, group: int = -1) -> bool:
    """Say whether that user, all of that group, or anybody surely may pass through `folder`."""
    if folder.user == user:
        return has(folder.mode, (stat.S_IXUSR,))
    if folder.group == group:
        return has(folder.mode, (stat.S_IXGRP,))
    return has(folder.mode, (stat.S_IXGRP, stat.S_IXOTH))


def has(mode: int, bits: Iterable[int]) -> bool:
    return all(mode & bit for bit in bits)


def has_access_list(descriptor: int) -> bool:
    """Say whether an open file or folder has an access list beside its mode."""
    with suppress(OSError):  # none, or a file system without them
        return bool(os.getxattr(descriptor, ACCESS_LIST))
    return False
