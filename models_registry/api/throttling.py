"""Limit how often programs ask: 60 times a minute and 1000 an hour, unless tier or key say otherwise (SE-03)."""

import logging
import re
from typing import Any

from django.utils import timezone
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from models_registry.domain.errors import LimiterUnavailable
from models_registry.models import ApiKey
from models_registry.services import limits

logger = logging.getLogger(__name__)
FREE = re.compile(r"^/api/v1/(docs|schema)/?$|^/metrics$|/health/?$")  # monitors ask often, and cost little


class RequestLimit(BaseThrottle):
    """Counts per key, else per address. Without its store nothing is generated, but what is only read is served."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Return True.

        :raises QuotaExceeded: when it was asked too often.
        :raises LimiterUnavailable: when it cannot be counted, and the view may have a model speak.
        """
        if FREE.search(request.path):
            return True
        try:
            self._charge(request)
        except LimiterUnavailable:
            if request.method not in SAFE_METHODS or getattr(view, "generates", False):
                raise
            logger.warning("models_registry.limiter.unavailable", exc_info=True)
        return True

    def _charge(self, request: Request) -> None:
        if isinstance(request.auth, ApiKey):
            limits.charge_key(request.auth, at=timezone.now())
        else:
            limits.charge_address(str(request.META.get("REMOTE_ADDR") or "unknown"), at=timezone.now())
