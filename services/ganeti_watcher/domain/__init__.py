"""What a change in Ganeti means, as pure functions."""
