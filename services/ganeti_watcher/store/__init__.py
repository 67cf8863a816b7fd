"""Where cursors, open jobs and last observations are kept."""
