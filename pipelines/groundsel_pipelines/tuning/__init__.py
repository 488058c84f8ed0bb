"""Specialises a base model to one role: rows, splits, training, the gate that refuses what does not win, the card."""
