"""AMQP in: one file per source."""
