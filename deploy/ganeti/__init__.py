"""What runs on Ganeti nodes, and the rig that runs Ganeti for the tests."""
