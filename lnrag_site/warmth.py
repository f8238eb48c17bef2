"""Load what the first question would otherwise wait for, in a thread beside the starting server."""

import gc
import logging
import threading

from models_registry.services import hardware
from models_registry.services.embed import embed_question

logger = logging.getLogger(__name__)
TEST_TEXT = "routing fee of a channel"
CALM = (20_000, 20, 50)  # objects before a look at the young ones, looks before the next older generation


def warm_in_background() -> None:
    """Start measuring the machine and loading the embedder; the server answers meanwhile.

    A failure only warns (ST-13).
    """
    settle_memory()
    hardware.measure_in_background()
    threading.Thread(target=_warm, name="warm-embedder", daemon=True).start()


def settle_memory() -> None:
    """Take what lives as long as the process out of the garbage collector's sight, and have it look less often.

    A full collection walks every object of Django and the model, and no stream moves meanwhile. What dies young is
    freed by counting references anyway; only circles wait for the collector.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*CALM)


def _warm() -> None:
    try:
        embed_question(TEST_TEXT)
    except Exception:
        logger.warning("Unable to warm the embedder; the first question will try again", exc_info=True)
    settle_memory()
