"""Bring the server's own fixture to its tests."""

from tests.servers.fixtures import ollama

__all__ = ["ollama"]
