"""Makes small mails as Outlook saves them: a compound file (MS-CFB, version 3) with the properties of MS-OXMSG."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

SECTOR, SMALL = 512, 64  # bytes; streams below 4,096 bytes lie in small sectors, and all of ours do
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
STORAGE, STREAM, ROOT = 1, 2, 5
TEXT, BYTES = 0x001F, 0x0102  # kinds of properties

Properties = Mapping[int, str | bytes]  # by their number


@dataclass
class Entry:
    name: str
    kind: int
    content: bytes = b""
    below: list["Entry"] = field(default_factory=list["Entry"])


def storage(name: str, kind: int, properties: Properties, *, header: bytes, below: Sequence[Entry] = ()) -> Entry:
    """Make a message, recipient or attachment of its properties."""
    listed, streams = header, []
    for number, value in properties.items():
        sort = TEXT if isinstance(value, str) else BYTES
        content = value.encode("utf-16-le") if isinstance(value, str) else value
        size = len(content) + (2 if sort == TEXT else 0)
        listed += struct.pack("<HHIII", sort, number, 6, size, 0)
        streams.append(Entry(f"__substg1.0_{number:04X}{sort:04X}", STREAM, content))
    return Entry(name, kind, below=[Entry("__properties_version1.0", STREAM, listed), *streams, *below])


def outlook(properties: Properties, *, to: Sequence[Properties] = (), attached: Sequence[Properties] = ()) -> bytes:
    """Give a .msg file: its own properties, those of each recipient, those of each attachment."""
    below = [
        *(storage(f"__recip_version1.0_#{n:08X}", STORAGE, each, header=bytes(8)) for n, each in enumerate(to)),
        *(storage(f"__attach_version1.0_#{n:08X}", STORAGE, each, header=bytes(8)) for n, each in enumerate(attached)),
    ]
    header = struct.pack("<8x4I8x", len(to), len(attached), len(to), len(attached))
    return compound(storage("Root Entry", ROOT, properties, header=header, below=below))


def compound(root: Entry) -> bytes:
    """Lay out sectors: the table of sectors, the directory, the table of small sectors, the small sectors."""
    entries = flat(root)
    small, table = b"", list[int]()
    starts = {}
    for number, entry in enumerate(entries):
        if entry.kind == STREAM and entry.content:
            count = -(-len(entry.content) // SMALL)
            starts[number] = len(table)
            table += [*range(len(table) + 1, len(table) + count), END]
            small += entry.content.ljust(count * SMALL, b"\0")
    directory = b"".join(written(number, entry, entries, starts, len(small)) for number, entry in enumerate(entries))
    parts = [directory, struct.pack(f"<{len(table)}I", *table), small]
    counts = [-(-len(part) // SECTOR) for part in parts]
    first = [1, 1 + counts[0], 1 + counts[0] + counts[1]]
    sectors = [FAT]
    for count in counts:
        sectors += [*range(len(sectors) + 1, len(sectors) + count), END]
    directory = directory.replace(b"MINI", struct.pack("<I", first[2]))
    head = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<IIIIIIIIII", 0, 1, first[0], 0, 4096, first[1], counts[1], END, 0, 0)
    fat = struct.pack(f"<{len(sectors)}I", *sectors)
    fill = struct.pack("<I", FREE)
    padded = [directory.ljust(counts[0] * SECTOR, b"\0"), parts[1] + fill * ((counts[1] * SECTOR - len(parts[1])) // 4),
              small.ljust(counts[2] * SECTOR, b"\0")]  # fmt: skip
    return head + fill * ((SECTOR - len(head)) // 4) + fat + fill * ((SECTOR - len(fat)) // 4) + b"".join(padded)


def flat(root: Entry) -> list[Entry]:
    """Give all entries, those of one storage one after another."""
    found = [root]
    for entry in found:
        found += entry.below
    return found


def written(number: int, entry: Entry, entries: Sequence[Entry], starts: Mapping[int, int], small: int) -> bytes:
    """Write an entry of the directory; those of one storage form a chain of right siblings."""
    siblings = next((other.below for other in entries if any(each is entry for each in other.below)), [entry])
    place = next(n for n, each in enumerate(siblings) if each is entry)
    right = number + 1 if place + 1 < len(siblings) else FREE
    child = next((n for n, each in enumerate(entries) if entry.below and each is entry.below[0]), FREE)
    name = entry.name.encode("utf-16-le") + b"\0\0"
    start = b"MINI" if entry.kind == ROOT else struct.pack("<I", starts.get(number, END if entry.kind == STREAM else 0))
    size = small if entry.kind == ROOT else len(entry.content)
    return (
        name.ljust(64, b"\0") + struct.pack("<HBBIII", len(name), entry.kind, 1, FREE, right, child) + bytes(36)
        + start + struct.pack("<Q", size)
    )  # fmt: skip
