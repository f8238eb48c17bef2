"""Template tags of the models floor."""
