"""The pages of the advice floor, one file per job."""
