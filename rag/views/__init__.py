"""The pages of the knowledge floor, one file per job: ask, read, add, remove."""
