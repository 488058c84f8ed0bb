"""Evaluating: how good search and answers are over judged questions, with an interval beside every figure."""
