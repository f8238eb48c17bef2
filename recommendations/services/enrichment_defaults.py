"""The first rows of optional services: where each is in public, and all of them off. An edited row is left alone."""

from recommendations.domain.enrichment import Service
from recommendations.models import Enrichment

ROWS = (
    (Service.MEMPOOL, "mempool.space", "https://mempool.space"),
    (Service.SPARKSEER, "Sparkseer", "https://api.sparkseer.space"),
    (Service.LNBITS, "LNbits", "https://demo.lnbits.com"),
)


def load() -> tuple[str, ...]:
    """Create what is missing, let unedited rows follow new defaults, and return one line per change."""
    lines = []
    for slug, name, address in ROWS:
        seed = {"name": name, "address": address}
        row, is_new = Enrichment.objects.get_or_create(slug=slug, defaults={**seed, "seed": seed})
        is_edited = any(getattr(row, field) != loaded for field, loaded in row.seed.items())
        if not is_new and (is_edited or row.seed == seed):
            continue
        row.name, row.address, row.seed = name, address, seed
        row.save(update_fields=["name", "address", "seed"])
        lines.append(f"service {slug}: off, at {address}")
    return tuple(lines)
