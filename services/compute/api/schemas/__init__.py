"""What clients may send, one file per resource."""
