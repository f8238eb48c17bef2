"""Logs: one JSON object a line, with the request's id. Secrets are masked and node keys cut before it is written."""

import json
import logging
import logging.config
import re
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

REQUEST_ID: ContextVar[str] = ContextVar("lnrag_request_id", default="")  # "" outside a request
MASK = "***"
NODE_KEY = re.compile(r"\b(0[23][0-9a-fA-F]{6})[0-9a-fA-F]{58}\b")
SECRETS = (
    re.compile(r"(lnr_[A-Za-z0-9]{0,4})[A-Za-z0-9_-]{8,}"),  # our own keys: the prefix tells which one
    re.compile(r"((?:sesame|token|key|api_key)=)[^&\s\"']+", re.IGNORECASE),
    re.compile(r"((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE),
    re.compile(
        r"((?:macaroon|rune|token|password|passwd|secret|api[_-]?key|authorization|cookie)[\"']?\s*[:=]\s*[\"']?)"
        r"[^\s\"',;&]+",
        re.IGNORECASE,
    ),
    re.compile(r"(://[^/\s:@]*:)[^@\s/]+(?=@)"),  # the password of a URL
    re.compile(r"\b(0201)[0-9a-fA-F]{60,}"),  # an LND macaroon in hex
    re.compile(r"\b(AgE)[A-Za-z0-9+/_-]{60,}={0,2}"),  # and in base64
)
SECRET_NAME = re.compile(r"macaroon|rune$|token$|password|secret|authorization|cookie|api_?key|sesame", re.IGNORECASE)
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
QUIET = dict.fromkeys(("django.server", "daphne.http_protocol", "daphne.ws_protocol", "httpx"), "WARNING")


def configure(options: Mapping[str, Any]) -> None:
    """Set up logging; `options` is settings.LOGGING: `level` and `json`."""
    formatter = JsonFormatter if options.get("json", True) else PlainFormatter
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"()": formatter}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": str(options.get("level", "INFO")).upper()},
            "loggers": {name: {"level": level} for name, level in QUIET.items()}
            | {name: {"handlers": [], "propagate": True} for name in ("django", "django-q", "daphne")},
        }
    )


def write_to(file: Path) -> None:
    """Send this process's log to a file instead: its terminal is for a person."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(file.open("a", encoding="utf-8"))


def mask(text: str) -> str:
    """Return `text` without secrets, and with node keys cut to their first 8 characters."""
    for pattern in SECRETS:
        text = pattern.sub(rf"\g<1>{MASK}", text)
    return NODE_KEY.sub(r"\g<1>…", text)


class JsonFormatter(logging.Formatter):
    """One line of JSON: timestamp, level, component, event, request_id, then what the caller passed as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "component": record.name,
            "event": mask(record.getMessage()),
            "request_id": REQUEST_ID.get() or None,
        }
        line |= {
            name: _clean(name, value) for name, value in vars(record).items() if name not in STANDARD | line.keys()
        }
        if record.exc_info:
            line["exception"] = mask(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


class PlainFormatter(logging.Formatter):
    """One readable line, for a person at a terminal. As careful with secrets."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))


def _clean(name: str, value: Any) -> Any:
    """Return `value` as JSON can hold it, without secrets."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if SECRET_NAME.search(name):
        return MASK
    if isinstance(value, Mapping):
        return {str(key): _clean(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(name, item) for item in value]
    return mask(str(value))
