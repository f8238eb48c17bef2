"""Many readers at once against the served application."""
