"""The agent that tells watchers when a job has ended."""
