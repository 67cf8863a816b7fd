"""What puts the services together: the demo, the simulator, the command line, the parts."""
