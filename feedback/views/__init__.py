"""The pages of the feedback floor: small forms on a recommendation, and what came of it all."""
