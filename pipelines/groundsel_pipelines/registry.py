"""One registry: entry points, for our parts and strangers' packages alike; nothing is imported until asked for."""

from importlib.metadata import entry_points

from groundsel_pipelines.errors import UnknownName


def load(group: str, name: str) -> object:
    """Import and return what `name` stands for in `group`; nothing else is imported.

    Raises:
        UnknownName: nothing of that name is installed; the message lists what is.

    """
    found = entry_points(group=group)
    if name not in found.names:
        installed = ", ".join(sorted(found.names)) or "none"
        raise UnknownName(f"no {name!r} in {group}; installed: {installed}")
    return found[name].load()
