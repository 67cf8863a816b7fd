"""What runs inside Tempest's environment: it may import what is there, and nothing of ours."""
