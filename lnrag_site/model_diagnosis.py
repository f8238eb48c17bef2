"""What is wrong with hosts, models and breakers, in words, each with its next step. Nothing here is a fault:
rules and quoted passages answer without any model."""

import os
from collections.abc import Callable
from datetime import datetime

from django.urls import reverse

from lnrag_site.finding import Finding
from models_registry import queries
from models_registry.domain.addresses import is_this_machine
from models_registry.domain.breaker import BreakerState
from models_registry.domain.hardware import GB, MODEL_SETS
from models_registry.models import Breaker, LanguageModel, Provider
from models_registry.queries.windows import window_conflicts
from models_registry.services import hardware
from models_registry.services.health import check

SLOW_MS = 60_000  # longer than a reader waits


def diagnose_models(*, at: datetime) -> tuple[Finding, ...]:
    """Look at every enabled host, then return what its rows say."""
    looks: tuple[Callable[[], Finding], ...] = (
        lambda: _hosts(at=at),
        _strategies,
        _windows,
        _memory,
        _speed,
        _breakers,
        _secrets,
        _hardware,
    )
    return tuple(look() for look in looks)


def _help(anchor: str) -> str:
    return f"{reverse('help', args=['troubleshooting'])}#{anchor}"


def _hosts(*, at: datetime) -> Finding:
    rows = tuple(Provider.objects.filter(is_enabled=True))
    check(rows, at=at)
    seen = Provider.objects.filter(pk__in=[row.pk for row in rows])
    silent = [row for row in seen if not row.is_healthy]
    if not silent:
        names = ", ".join(f"{row.name} {row.version}".strip() for row in seen) or "none is enabled"
        return Finding("model hosts", detail=names)
    names = ", ".join(f"{row.name} at {row.base_url}" for row in silent)
    step = "Rules and quoted passages answer meanwhile. Start the host, or correct its address in the admin."
    return Finding("model hosts", f"No answer from {names}.", step, is_fault=False, help_path=_help("unreachable"))


def _strategies() -> Finding:
    """Name the kinds of questions of which no model is installed anywhere."""
    rows = queries.enabled_strategies()
    models = queries.configured_models(rows)
    served = {kind for model in models if model.is_installed for kind in model.strategies}
    bare = [row.query_type for row in rows if row.query_type not in served]
    if not bare:
        installed = sum(model.is_installed for model in models)
        return Finding("models of the strategies", detail=f"{installed} of {len(models)} named models are installed")
    return Finding(
        "models of the strategies",
        f"No model is installed for {', '.join(bare)}.",
        "Run `manage.py setup_models auto`.",
        is_fault=False,
        help_path=_help("missing"),
    )


def _windows() -> Finding:
    conflicts = window_conflicts(queries.enabled_strategies())
    if not conflicts:
        return Finding("context windows")
    names = ", ".join(f"{one.strategy.query_type} ({one.strategy.num_ctx})" for one in conflicts)
    return Finding(
        "context windows",
        f"num_ctx was edited and differs from other strategies with the same models: {names}.",
        "Give the strategies of one model the same num_ctx: it is asked with the largest.",
        is_fault=False,
        help_path=f"{reverse('help', args=['tuning'])}#num-ctx",
    )


def _memory() -> Finding:
    """Name the installed models that are larger than the memory of their host, where that is known."""
    own_gb = hardware.measure().model_memory_gb
    rows = LanguageModel.objects.filter(is_installed=True, is_enabled=True, provider__is_enabled=True)
    large = []
    for row in rows.select_related("provider"):
        host = row.provider
        limit_gb = host.memory_gb or (own_gb if is_this_machine(host.base_url) else None)
        if limit_gb and (row.size_bytes or 0) > limit_gb * GB:
            large.append(f"{row.tag} ({(row.size_bytes or 0) / GB:.0f} GB, {host.name} has {limit_gb:.0f})")
    if not large:
        return Finding("memory for models")
    step = "Pull a smaller or more quantized one, or switch it off in the admin."
    return Finding(
        "memory for models",
        f"Too large: {', '.join(large)}.",
        step,
        is_fault=False,
        help_path=_help("out-of-memory"),
    )


def _speed() -> Finding:
    slow = LanguageModel.objects.filter(is_installed=True, observed_latency_ms__gt=SLOW_MS)
    if not slow:
        return Finding("speed of models")
    names = ", ".join(f"{row.tag} ({(row.observed_latency_ms or 0) / 1000:.0f} s)" for row in slow)
    step = "Put a smaller model first in its strategies, or give the host a card."
    return Finding("speed of models", f"Slow: {names}.", step, is_fault=False, help_path=_help("slow"))


def _breakers() -> Finding:
    rows = tuple(Breaker.objects.exclude(state=BreakerState.CLOSED.value))
    if not rows:
        return Finding("breakers")
    names = ", ".join(f"{row.name} is {row.state.replace('_', '-')}" for row in rows)
    latest = next((row.latest_failure for row in rows if row.latest_failure), "")
    step = f"Latest failure: {latest}. " if latest else ""
    return Finding(
        "breakers",
        f"{names}.",
        f"{step}They are tried again by themselves; reset them in the admin once the cause is gone.",
        is_fault=False,
        help_path=_help("unreachable"),
    )


def _secrets() -> Finding:
    """Say which keys are set, by their names alone."""
    named = Provider.objects.filter(is_enabled=True).exclude(secret_name="").values_list("secret_name", flat=True)
    names = sorted(set(named))
    unset = [name for name in names if not os.environ.get(name, "").strip()]
    if not unset:
        return Finding("keys of hosts", detail=", ".join(f"{name} is set" for name in names) or "none is needed")
    step = "Set it where lnrag is started and start again, or switch its host off."
    return Finding("keys of hosts", f"Not set: {', '.join(unset)}.", step, is_fault=False)


def _hardware() -> Finding:
    config = hardware.get_optimal_config()
    models = ", ".join(model.tag for model in MODEL_SETS[config.profile.value])
    return Finding("hardware", detail=f"{hardware.described(config)}; profile {config.profile.value}: {models}")
