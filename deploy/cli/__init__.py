"""``cyclades``: the administrators' command."""
