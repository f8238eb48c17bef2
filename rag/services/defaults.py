"""First rows of the knowledge floor: source, policy, glossary, prompts. Never overwrites an edited row."""

from datetime import datetime

from django.conf import settings

from rag.domain.expansion import term_key
from rag.models import GlossaryEntry, LibraryPolicy, PromptRevision, Source
from rag.services import default_glossary, default_prompts, default_space
from rag.services.ingest import LIBRARY_NAME, LIBRARY_SLUG
from rag.services.prompts import activate


def load(*, at: datetime) -> tuple[str, ...]:
    """Create or update the shipped rows; return one line for each that was."""
    return (*_load_source(), *_load_policy(), *_load_glossary(), *_load_prompts(at=at), *default_space.load(at=at))


def _load_source() -> tuple[str, ...]:
    _, is_new = Source.objects.get_or_create(
        slug=LIBRARY_SLUG, defaults={"name": LIBRARY_NAME, "kind": Source.Kind.BUILT_IN, "is_public": True}
    )
    return (f"source {LIBRARY_SLUG}: created",) if is_new else ()


def _load_policy() -> tuple[str, ...]:
    seed = {
        "top_k": settings.RAG_TOPK,
        "confidence_threshold": settings.RAG_CONFIDENCE_THRESHOLD,
        "rerank_top": settings.RAG_RERANK_TOP,
        "retrieval_ttl_s": settings.CACHE_TTL_RETRIEVAL,
        "embedding_ttl_s": settings.CACHE_TTL_EMBED,
        "answer_ttl_s": settings.CACHE_TTL_ANSWER,
    }
    row = LibraryPolicy.objects.first()
    if row is None:
        LibraryPolicy.objects.create(**seed, seed=seed)
        return ("retrieval and cache: created",)
    # What an older release knew nothing of still stands as its migration made it: nobody has edited that.
    is_edited = any(getattr(row, name) != loaded for name, loaded in row.seed.items())
    if is_edited or row.seed == seed:
        return ()
    LibraryPolicy.objects.update(**seed, seed=seed)
    return ("retrieval and cache: updated",)


def _load_glossary() -> tuple[str, ...]:
    known = {(row.term, row.lang): row for row in GlossaryEntry.objects.all()}
    new, changed, moved = [], [], []
    for term, lang, expansion in default_glossary.rows():
        seed = {"expansion": expansion}
        row = known.get((term, lang))
        if row is None:
            new.append(
                GlossaryEntry(term=term, key=term_key(term, lang=lang), lang=lang, expansion=expansion, seed=seed)
            )
        elif row.seed != seed and {"expansion": row.expansion} == row.seed:
            row.expansion, row.seed = expansion, seed
            changed.append(row)
    for row in known.values():
        key = term_key(row.term, lang=row.lang)
        if row.key != key:  # an older release looked terms up otherwise
            row.key = key
            moved.append(row)
    GlossaryEntry.objects.bulk_create(new)
    GlossaryEntry.objects.bulk_update(changed, ["expansion", "seed"])
    GlossaryEntry.objects.bulk_update(moved, ["key"])
    return (
        *(f"glossary {row.term} ({row.lang}): created" for row in new),
        *(f"glossary {row.term} ({row.lang}): updated" for row in changed),
    )


def _load_prompts(*, at: datetime) -> tuple[str, ...]:
    """Add a revision where the shipped words are new; it replaces the active one only when that was shipped too."""
    rows = list(PromptRevision.objects.all())
    shipped = {(row.purpose, row.lang, row.seed.get("text")) for row in rows}
    active = {(row.purpose, row.lang): row for row in rows if row.is_active}
    lines = []
    for purpose, lang, text in default_prompts.rows():
        if (purpose, lang, text) in shipped:
            continue
        note = "As shipped" if (purpose, lang) not in active else "As shipped by a newer version"
        row = PromptRevision.objects.create(
            purpose=purpose, lang=lang, text=text, note=note, created_at=at, seed={"text": text}
        )
        current = active.get((purpose, lang))
        if current is None or current.seed == {"text": current.text}:
            activate(row)
        lines.append(f"prompt {row}: created")
    return tuple(lines)
