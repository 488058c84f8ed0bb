"""Decoding: a decoder's graph run for several texts side by side, each token the likeliest."""
