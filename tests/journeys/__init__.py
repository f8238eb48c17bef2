"""The whole house, with only the outside world replaced."""
