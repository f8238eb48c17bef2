"""Did it help: ratings, impact, learning and rollout verdicts."""
