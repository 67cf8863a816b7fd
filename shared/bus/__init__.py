"""The message bus: one contract, two transports."""
