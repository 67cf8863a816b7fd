"""The image service: Glance v2, and images for the nodes of Ganeti clusters."""
