"""Tests of lnrag, and the servers they speak to."""
