"""Template tags of the knowledge floor."""
