"""The verbs: register, submit once, deliver, look."""
