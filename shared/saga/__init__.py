"""Effects that must all happen, or all be taken back."""
