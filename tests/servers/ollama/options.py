"""Read the `options` of a request with Ollama's strictness: types are checked, unknown names only noted."""

from dataclasses import dataclass, fields
from typing import Any

from tests.servers.ollama.catalog import InstalledModel
from tests.servers.ollama.gojson import Json
from tests.servers.ollama.refusals import Refused

INTEGER, FLOAT, BOOLEAN, ARRAY = "integer", "float32", "boolean", "array"

KINDS = {
    **dict.fromkeys(("num_ctx", "num_batch", "num_gpu", "main_gpu", "num_thread", "draft_num_predict"), INTEGER),
    **dict.fromkeys(("num_keep", "seed", "num_predict", "top_k", "repeat_last_n"), INTEGER),
    **dict.fromkeys(("temperature", "top_p", "min_p", "typical_p"), FLOAT),
    **dict.fromkeys(("repeat_penalty", "presence_penalty", "frequency_penalty"), FLOAT),
    "use_mmap": BOOLEAN,
    "stop": ARRAY,
}


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """What a runner is started with. Any difference between two requests reloads the model."""

    num_ctx: int
    num_batch: int = 512
    num_gpu: int = -1
    main_gpu: int = 0
    use_mmap: bool | None = None
    num_thread: int = 0
    draft_num_predict: int = 0
    shift: bool = True  # no option on the wire, yet a reason to reload


@dataclass(frozen=True, slots=True)
class Options:
    """The options that this server acts on."""

    load: LoadOptions
    num_keep: int = 4
    num_predict: int = -1
    stop: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def read_options(given: Json, model: InstalledModel, *, default_num_ctx: int, shift: bool) -> Options:
    """Return the options of one request.

    :raises Refused: 500 for a wrong type, as the real server does.
    """
    known = {name: _typed(name, value) for name, value in given.items() if name in KINDS and value is not None}
    names = {field.name for field in fields(LoadOptions)}
    load = {"num_ctx": default_num_ctx, **{name: value for name, value in known.items() if name in names}}
    load["num_ctx"] = min(load["num_ctx"], model.context_length)
    return Options(
        load=LoadOptions(**load, shift=shift),
        num_keep=known.get("num_keep", 4),
        num_predict=known.get("num_predict", -1),
        stop=tuple(known.get("stop", ())),
        unknown=tuple(sorted(set(given) - set(KINDS))),
    )


def _typed(name: str, value: Any) -> Any:
    kind = KINDS[name]
    if kind == ARRAY:
        return _texts(name, value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = isinstance(value, bool) if kind == BOOLEAN else is_number
    if not fits:
        raise Refused(500, f'option "{name}" must be of type {kind}')
    return int(value) if kind == INTEGER else value  # Go cuts 4096.5 to 4096 as well


def _texts(name: str, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise Refused(500, f'option "{name}" must be of type array')
    if not all(isinstance(item, str) for item in value):
        raise Refused(500, f'option "{name}" must be of an array of strings')
    return value
