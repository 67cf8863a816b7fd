"""OS definitions for Ganeti nodes."""
