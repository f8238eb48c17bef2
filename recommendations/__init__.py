"""What to do next: nodes, graph, findings, advice and scores."""
