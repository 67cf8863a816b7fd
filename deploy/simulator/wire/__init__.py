"""RAPI's HTTP surface: paths, access rules, bodies and errors."""
