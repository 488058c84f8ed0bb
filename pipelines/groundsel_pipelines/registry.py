"""One registry: entry points, for our parts and strangers' packages alike; nothing is imported until asked for."""

from importlib.metadata import EntryPoint, entry_points

from groundsel_pipelines.errors import UnknownName


def load(group: str, name: str) -> object:
    """Import and return what `name` stands for in `group`; nothing else is imported.

    Raises:
        UnknownName: nothing of that name is installed; the message lists what is.

    """
    return require(group, name).load()


def require(group: str, name: str) -> EntryPoint:
    """Give the entry point `name` of `group`, without importing what it stands for.

    Raises:
        UnknownName: nothing of that name is installed; the message lists what is.

    """
    found = entry_points(group=group)
    if name not in found.names:
        installed = ", ".join(sorted(found.names)) or "none"
        raise UnknownName(f"no {name!r} in {group}; installed: {installed}")
    return found[name]
