"""Turns what Ganeti does into facts; owns its cursors and its outbox, and has no opinions."""
