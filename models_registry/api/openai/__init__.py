"""What OpenAI's clients expect at /v1/: the same addresses, bodies, errors and streams, over our own hosts."""
