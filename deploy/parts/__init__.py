"""The real parts a cloud stands on: environments, PostgreSQL, RabbitMQ, Keystone.

The demo and the tests start the same parts through the same functions.
"""
