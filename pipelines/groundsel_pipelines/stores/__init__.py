"""Where documents live: one protocol, several engines, the same answers."""
