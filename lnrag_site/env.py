"""Read the environment. A bad value stops the start with the variable's name; behavior lives in admin rows instead."""

import os
import secrets
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from models_registry.domain.host_words import is_lifetime, is_moving

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})


def text(name: str, default: str = "") -> str:
    """Return the trimmed value of `name`, or the default when it is unset or blank."""
    return os.environ.get(name, "").strip() or default


def choice(name: str, default: str, *, among: Sequence[str]) -> str:
    """Return the value of `name`, which must be one of `among`.

    :raises ImproperlyConfigured: naming the variable and what is allowed.
    """
    value = text(name, default)
    if value not in among:
        raise ImproperlyConfigured(f"{name}={value!r}: expected one of {', '.join(among)}.")
    return value


def flag(name: str, *, default: bool) -> bool:
    """Return `name` as a boolean.

    :raises ImproperlyConfigured: when the value is neither a true word nor a false word.
    """
    word = text(name).lower()
    if not word:
        return default
    if word in TRUE_WORDS | FALSE_WORDS:
        return word in TRUE_WORDS
    raise ImproperlyConfigured(f"{name}={word!r}: expected true or false.")


def integer(name: str, default: int, *, low: int | None = None, high: int | None = None) -> int:
    """Return `name` as an integer within [low, high].

    :raises ImproperlyConfigured: when it is not an integer or out of range.
    """
    return int(_number(name, default, kind=int, low=low, high=high))


def decimal(name: str, default: float, *, low: float | None = None, high: float | None = None) -> float:
    """Return `name` as a float within [low, high].

    :raises ImproperlyConfigured: when it is not a number or out of range.
    """
    return float(_number(name, default, kind=float, low=low, high=high))


def number_if_set(name: str, *, low: float, high: float) -> float | None:
    """Return `name` as a float within [low, high], or None when it is unset.

    :raises ImproperlyConfigured: when it is not a number or out of range.
    """
    return decimal(name, low, low=low, high=high) if text(name) else None


def integer_if_set(name: str, *, low: int, high: int) -> int | None:
    """Return `name` as an integer within [low, high], or None when it is unset.

    :raises ImproperlyConfigured: when it is not an integer or out of range.
    """
    return integer(name, low, low=low, high=high) if text(name) else None


def dollars(name: str, default: str) -> Decimal:
    """Return `name` as an amount in US dollars, 0 or more.

    :raises ImproperlyConfigured: when it is not an amount.
    """
    raw = text(name, default)
    try:
        amount = Decimal(raw)
    except InvalidOperation as exc:
        raise ImproperlyConfigured(f"{name}={raw!r}: expected an amount in dollars, such as 0.05.") from exc
    if not amount.is_finite() or amount < 0:
        raise ImproperlyConfigured(f"{name}={raw!r}: expected an amount of 0 or more.")
    return amount


def seconds(name: str, default: float) -> float:
    """Return `name` as a positive duration in seconds."""
    return decimal(name, default, low=0.001)


def lifetime(name: str, default: str) -> str:
    """Return `name` as a duration in Ollama's words: 30m, 1h30m; below zero, such as -1m, means for ever.

    :raises ImproperlyConfigured: when it is none of these.
    """
    value = text(name, default)
    if not is_lifetime(value):
        raise ImproperlyConfigured(f"{name}={value!r}: expected a duration such as 30m or 1h.")
    return value


def model_name(name: str, default: str = "") -> str:
    """Return the model that `name` gives: a full tag or a family.

    :raises ImproperlyConfigured: for `:latest`, which means another model every month (SE-08), or a blank within.
    """
    value = text(name, default)
    if is_moving(value):
        raise ImproperlyConfigured(f"{name}={value!r} is no fixed model: name the family {value[:-7]!r} or a full tag.")
    if any(sign.isspace() for sign in value):
        raise ImproperlyConfigured(f"{name}={value!r}: expected the name of one model.")
    return value


def web_address(name: str, default: str) -> str:
    """Return `name` as an http(s) address without a password.

    :raises ImproperlyConfigured: when it is not; the value is not repeated, for it may hold a password.
    """
    value = text(name, default)
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise ImproperlyConfigured(f"{name}: expected an address such as http://localhost:11434, without a password.")
    return value


def listing(name: str, default: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the comma-separated items of `name`, trimmed, blanks dropped."""
    raw = text(name)
    return tuple(part.strip() for part in raw.split(",") if part.strip()) if raw else tuple(default)


def secret(name: str, *, file: Path) -> str:
    """Return `name`, or the secret kept in `file`, generated once with mode 0600."""
    return text(name) or kept_secret(file)


def kept_secret(file: Path) -> str:
    """Return the secret kept in `file`, generated at the first call. Several processes may make the first call.

    :raises ImproperlyConfigured: when the file cannot be read or written.
    """
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            _write_once(file, secrets.token_urlsafe(48))
        return file.read_text(encoding="ascii").strip()
    except PermissionError as exc:
        raise ImproperlyConfigured(f"{file} belongs to somebody else: give it to the user who runs lnrag.") from exc
    except OSError as exc:
        raise ImproperlyConfigured(f"{file} cannot be used: {exc.strerror}.") from exc


def _write_once(file: Path, value: str) -> None:
    """Write the whole value beside the file, then link it: nobody can read half a secret, and only the first counts."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(value)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(draft, file)
    except FileExistsError:  # another process was first
        pass
    finally:
        draft.unlink(missing_ok=True)


def _number(name: str, default: float, *, kind: type, low: float | None, high: float | None) -> float:
    raw = text(name)
    try:
        value: float = kind(raw) if raw else default
    except ValueError as exc:
        raise ImproperlyConfigured(f"{name}={raw!r}: expected a number.") from exc
    # Written so that NaN, which is neither below nor above anything, does not pass.
    if not ((low is None or value >= low) and (high is None or value <= high)):
        raise ImproperlyConfigured(f"{name}={raw!r}: expected a value between {low} and {high}.")
    return value


def name_in_use(name: str, alias: str) -> str:
    """Return `alias` when only that is set, else `name`.

    :raises ImproperlyConfigured: when both are set and differ.
    """
    first, second = text(name), text(alias)
    if first and second and first.rstrip("/") != second.rstrip("/"):
        raise ImproperlyConfigured(f"{name} and {alias} are both set and differ: unset one of them.")
    return alias if second and not first else name
