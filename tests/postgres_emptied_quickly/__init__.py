"""PostgreSQL as Django speaks to it, for tests that commit: after one of them only what it filled is emptied."""
