"""Note a turn of advice that was just shown, to be asked again in the shadow. Keys only: facts are read anew then."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models_registry.services import shadow
from recommendations.services.prepare import PURPOSE, Prepared

FIELDS = ("goal", "lang", "max_results", "network")


def offer(prepared: Prepared, *, shown: Mapping[str, Any], at: datetime) -> None:
    """Offer a turn that a model put into words to every variant on trial; mostly there is none."""
    request = prepared.request
    subject = {
        "pubkey": request.pubkey,
        "query_type": request.query_type.value,
        "user": getattr(request.user, "pk", None),
        **{name: getattr(request, name) for name in FIELDS},
    }
    shadow.offer(PURPOSE, subject=subject, shown=shown, at=at)
