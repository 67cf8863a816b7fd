"""The programs of the OS definition; on a node this file does nothing."""
