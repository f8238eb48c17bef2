"""Who may speak: hosts, models, strategies, rollouts and the gateway to local models."""
