"""Load what the first question would otherwise wait for, in a thread beside the starting server."""

import logging
import threading

from lnrag_site.memory import settle_memory
from models_registry.services import hardware
from models_registry.services.embed import embed_question

logger = logging.getLogger(__name__)
TEST_TEXT = "routing fee of a channel"


def warm_in_background() -> None:
    """Start measuring the machine and loading the embedder; the server answers meanwhile.

    A failure only warns (ST-13).
    """
    settle_memory()
    hardware.measure_in_background()
    threading.Thread(target=_warm, name="warm-embedder", daemon=True).start()


def _warm() -> None:
    try:
        embed_question(TEST_TEXT)
    except Exception:
        logger.warning("Unable to warm the embedder; the first question will try again", exc_info=True)
    settle_memory()
