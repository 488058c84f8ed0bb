"""When the parts of an answer were ready, in milliseconds since it was asked for."""

from dataclasses import dataclass, field
from time import monotonic


@dataclass(slots=True)
class Clock:
    """Marks are kept from the first time they are set."""

    began: float = field(default_factory=monotonic)
    took_ms: dict[str, float] = field(default_factory=dict[str, float])

    def mark(self, name: str) -> None:
        self.took_ms.setdefault(name, self.seconds * 1000)

    @property
    def seconds(self) -> float:
        """How long ago the answer was asked for."""
        return monotonic() - self.began
