"""Take orders over HTTP under /_stand_in/: report, scenario, pace, models, answer. Nothing of it is Ollama's.

For tests, benches and demos in another process. These requests are not recorded and meet no fault.
"""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from tests.servers.ollama.catalog import InstalledModel
from tests.servers.ollama.fields import field
from tests.servers.ollama.gojson import Json
from tests.servers.ollama.refusals import Refused
from tests.servers.ollama.report import report
from tests.servers.ollama.scenarios import Fault, Scenario, as_fault
from tests.servers.ollama.state import House

PREFIX = "/_stand_in/"
WORD = "word "  # what an answer of so many tokens is made of
PACES = ("token_delay_s", "prompt_delay_s")
LIMITS = ("num_parallel", "max_loaded", "max_queue", "keep_alive_s", "cold_load_s", "load_bytes_per_s")
SPEEDS = ("load_s", "tokens_per_s", "prompt_tokens_per_s", "vram_share")


def obey(house: House, *, method: str, target: str, body: Json) -> Json:
    """Carry out one order and return its answer.

    :raises Refused: 404 for an unknown order, 400 for one that makes no sense.
    """
    path, _, query = target.partition("?")
    name = path.removeprefix(PREFIX)
    if method == "GET" and name == "report":
        return report(house, with_records="records=0" not in query)
    if method == "GET" and name == "scenarios":
        return {"scenarios": [str(scenario) for scenario in Scenario]}
    order = ORDERS.get(name)
    if method != "POST" or order is None:
        raise Refused(404, f"no order {method} {name}; there are: {', '.join(ORDERS)}")
    try:
        order(house, body)
    except (TypeError, ValueError) as exc:
        raise Refused(400, str(exc)) from exc
    return {"status": "success"}


def _scenario(house: House, body: Json) -> None:
    """Set a scenario: for good, for one `model`, or for the next `times` requests it fits."""
    particulars = {name: value for name, value in body.items() if name not in ("model", "times")}
    fault = _fault(particulars)
    model, times = field(body, "model", str, ""), field(body, "times", int, 0)
    if model:
        house.faults.fail(model, fault)
    elif times:
        house.faults.enqueue(fault, times=times)
    else:
        house.faults.use(fault)


def _fault(particulars: Json) -> Fault:
    plain = as_fault(str(particulars.pop("scenario", Scenario.NORMAL)))
    if "paths" in particulars:
        particulars["paths"] = tuple(particulars["paths"])
    return replace(plain, **particulars)


def _recover(house: House, _body: Json) -> None:
    house.faults.forget()


def _forget(house: House, _body: Json) -> None:
    house.ledger.clear()


def _pace(house: House, body: Json) -> None:
    """Set the pace and limits of the server, or the speed of one installed `model`."""
    model = field(body, "model", str, "")
    given = {name: value for name, value in body.items() if name != "model"}
    if model:
        house.shelf.install(replace(_installed(house, model), **_only(given, SPEEDS)))
        return
    for name, value in _only(given, (*PACES, *LIMITS)).items():
        setattr(house.pace if name in PACES else house.limits, name, value)


def _models(house: House, body: Json) -> None:
    """Install and remove models; an entry to install is a name, or an object with the fields of a model."""
    for entry in field(body, "install", list, []):
        house.shelf.install(InstalledModel(entry) if isinstance(entry, str) else _described(entry))
    for name in field(body, "remove", list, []):
        house.shelf.remove(str(name))


def _described(entry: Json) -> InstalledModel:
    known = tuple(one.name for one in fields(InstalledModel) if one.init)
    given: Any = {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}
    return InstalledModel(**_only(given, known))


def _answer(house: House, body: Json) -> None:
    """Say the same from now on: a `text`, so many `tokens`, or with neither the usual answers again."""
    text, count = field(body, "text", str, ""), field(body, "tokens", int, 0)
    said: str | tuple[str, ...] = text or (WORD,) * count
    house.respond = (lambda _request: said) if said else None


def _installed(house: House, name: str) -> InstalledModel:
    found = house.shelf.find(name)
    if found is None:
        raise ValueError(f"{name} is not installed")
    return found


def _only(given: Json, known: tuple[str, ...]) -> dict[str, Any]:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ValueError(f"unknown: {', '.join(unknown)}; known: {', '.join(known)}")
    return given


ORDERS: dict[str, Callable[[House, Json], None]] = {
    "scenario": _scenario,
    "recover": _recover,
    "forget": _forget,
    "pace": _pace,
    "models": _models,
    "answer": _answer,
}
