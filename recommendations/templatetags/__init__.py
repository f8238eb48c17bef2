"""Template tags of the advice floor."""
