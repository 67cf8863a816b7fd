"""Answers, as they are."""
