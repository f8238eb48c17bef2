"""The demo network for tests of this floor and others."""
