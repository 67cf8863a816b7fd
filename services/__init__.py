"""One folder, one deployable, one owner of data; none imports another."""
