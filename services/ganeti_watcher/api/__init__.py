"""What operators may ask the watcher."""
