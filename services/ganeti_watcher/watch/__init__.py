"""One actor per cluster asks Ganeti, through the gateway."""
