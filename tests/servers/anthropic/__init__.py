"""A wire-faithful Messages API. It never runs a model."""

from tests.servers.anthropic.server import AnthropicServer

__all__ = ["AnthropicServer"]
