"""The advice floor for the administrator."""
