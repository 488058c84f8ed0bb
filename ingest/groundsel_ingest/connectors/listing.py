"""What lies in a folder elsewhere, a page at a time where its server gives pages and its library lets them through."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fsspec import AbstractFileSystem

Entry = Mapping[str, Any]  # what fsspec tells of a file: name, size, type, and what each library adds
PAGE: Final = 1000  # what S3 gives at most


def page(system: AbstractFileSystem, folder: str, *, after: str) -> tuple[Sequence[Entry], str]:
    """Give some of what lies in `folder` from the mark `after` on, and the mark of the next page; "" is either end.

    Raises:
        FileNotFoundError: there is no such folder.

    """
    if hasattr(system, "call_s3"):
        return page_of_bucket(system, folder, after=after)
    return system.ls(folder, detail=True), ""


def page_of_bucket(system: Any, folder: str, *, after: str) -> tuple[Sequence[Entry], str]:  # noqa: ANN401 - s3fs has no types
    """Ask S3 itself: s3fs gives a folder only whole, and a bucket may hold millions of keys without a slash."""
    bucket, _, key = folder.partition("/")
    prefix = f"{key}/" if key else ""
    marked = {"ContinuationToken": after} if after else {}
    told = system.call_s3("list_objects_v2", Bucket=bucket, Prefix=prefix, Delimiter="/", MaxKeys=PAGE, **marked)
    folders = [{"name": f"{bucket}/{each['Prefix']}", "type": "directory"} for each in told.get("CommonPrefixes", ())]
    files = [
        {**each, "name": f"{bucket}/{each['Key']}", "size": each["Size"], "type": "file"}
        for each in told.get("Contents", ())
        if not each["Key"].endswith("/")  # what some programs put for a folder
    ]
    if key and not after and not told.get("KeyCount", len(folders) + len(files)):
        raise FileNotFoundError(folder)
    return [*folders, *files], told.get("NextContinuationToken", "")
