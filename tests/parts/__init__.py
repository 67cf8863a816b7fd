"""The real parts, as fixtures: started when the first test asks, ended with the session."""
