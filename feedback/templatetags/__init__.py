"""Template tags of the feedback floor."""
