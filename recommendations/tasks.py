"""Jobs of this floor, named by dotted string."""
