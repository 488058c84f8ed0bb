"""Gives memory that was freed back to the system, where its allocator keeps it: glibc's does, per thread."""

import ctypes
from functools import cache
from typing import Any


def give_back() -> None:
    """Give back what is free. It takes a few milliseconds; other allocators than glibc's do it by themselves."""
    trim = trimming()
    if trim is not None:
        trim(0)


@cache
def trimming() -> Any:  # noqa: ANN401 - a function of C, None where there is none
    return getattr(ctypes.CDLL(None), "malloc_trim", None)
