"""Texts that no tokenizer was made for: many scripts, odd spaces, digits, signs."""

import random
from typing import Final

SCRIPTS: Final = [(0x20, 0x7E), (0xA0, 0x17F), (0x370, 0x3FF), (0x400, 0x4FF), (0x600, 0x6FF), (0x900, 0x97F)]
MORE_SCRIPTS: Final = [(0x2000, 0x206F), (0x3040, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0x1F300, 0x1F9FF)]
PIECES: Final = [" ", "  ", "\n", "\t", "7", "2025", "'s", "don't", "...", "é", "the ", " leave", "annual"]


def texts_of_several_scripts(count: int) -> list[str]:
    """Give the same texts each time, of at most 60 pieces, the empty one among them."""
    generator = random.Random(11)  # noqa: S311 - texts, not secrets
    return [
        "".join(
            generator.choice(PIECES) if generator.random() < 0.3 else chr(generator.randint(*script))
            for script in generator.choices(SCRIPTS + MORE_SCRIPTS, k=2)
            for _ in range(generator.randint(0, 30))
        )
        for _ in range(count)
    ]
