"""What each opcode does to a simulated cluster."""
