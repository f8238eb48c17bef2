"""French for the sentences of advice, one table per theme: the sentence as a rule writes it, and how it is said."""
