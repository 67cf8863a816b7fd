"""The RAPI gateway: the only process that speaks to Ganeti."""
