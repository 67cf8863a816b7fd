"""The whole cloud on one machine, for whoever wants to see it: `make demo`."""
