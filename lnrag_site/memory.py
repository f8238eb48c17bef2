"""How the garbage collector goes about its work: it looks seldom, and never again at what lives as long as the process.

A full collection walks every object of Django and holds every thread up: 60 to 200 ms in which no stream moves and no
text is embedded. What dies young is freed by counting references anyway; only circles wait for the collector.
"""

import gc

CALM = (20_000, 20, 50)  # objects before a look at the young ones, looks before the next older generation


def set_up_memory() -> None:
    """Leave alone what was loaded with the apps; every process does, so that those forked from it share its pages."""
    gc.freeze()
    gc.set_threshold(*CALM)


def settle_memory() -> None:
    """Clean up once, and leave alone all that stands after it."""
    gc.collect()
    set_up_memory()
