"""Graph files handed in on the page: kept, imported by a job, deleted."""
