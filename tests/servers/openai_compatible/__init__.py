"""A wire-faithful OpenAI-compatible host: llama.cpp server, vLLM, LM Studio or OpenAI itself. It never runs a model."""

from tests.servers.openai_compatible.server import Dialect, OpenAIServer

__all__ = ["Dialect", "OpenAIServer"]
