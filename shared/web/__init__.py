"""What the HTTP sides of all services share."""
