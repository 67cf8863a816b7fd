"""The guards against races: each with the text to take out, and the test that then fails."""
