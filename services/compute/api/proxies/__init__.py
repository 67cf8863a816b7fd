"""What Nova did for other services until 2.35: thin calls to them, with the user's own token."""
