"""What do we know: documents, hybrid retrieval and streamed answers."""
