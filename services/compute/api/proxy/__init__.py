"""The console proxy: noVNC's page, and screens of servers over websockets, on a port of its own."""
