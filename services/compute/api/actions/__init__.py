"""Actions on servers, one module per family; each names its own in ``ACTIONS``."""
