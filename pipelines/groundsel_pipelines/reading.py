"""How many requests may have a small model read for them at a time."""

import os
from typing import Final

from anyio import CapacityLimiter

# A model runs on every core already: more of them at a time only make all of them late.
READING: Final = CapacityLimiter(max(1, (os.cpu_count() or 1) // 2))
