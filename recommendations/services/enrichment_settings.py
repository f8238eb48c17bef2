"""Change where an optional service is and what opens it. A key is sealed, and never leaves for another address."""

from urllib.parse import urlsplit

from recommendations.domain.service_address import checked
from recommendations.models import Enrichment
from recommendations.services.sealing import seal


def save(row: Enrichment, *, key: str = "", is_key_forgotten: bool = False) -> None:
    """Keep an edited row; `key` "" leaves the stored one. Another address forgets it, so that nobody else gets it.

    :raises ServiceAddressRefused: saying what to write instead.
    """
    row.address = checked(row.address)
    before = Enrichment.objects.filter(pk=row.pk).values_list("address", flat=True).first()
    is_moved = before is not None and _machine(before) != _machine(row.address)
    if key or is_key_forgotten or is_moved:
        row.credential = seal(key)
        row.message, row.free_at = "", None  # what was said of the old key says nothing of the new one
    if is_moved:
        row.answered_at = None
    row.save()


def _machine(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc.lower()
