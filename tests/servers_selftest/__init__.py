"""The servers of tests/servers, proved faithful from the outside."""
