"""The job queue of one simulated cluster."""
