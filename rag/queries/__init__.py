"""Reads of the knowledge floor, one file per subject."""
