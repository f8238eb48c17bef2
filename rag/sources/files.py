"""Read the files at or below a path. Follows no link out, looks into no hidden folder, holds one file at a time."""

from collections.abc import Iterator
from pathlib import Path

from rag.domain.documents import Outcome, Unread
from rag.domain.errors import DocumentBroken, DocumentTooLarge, SourceUnreadable
from rag.sources.kinds import kind_by_name
from rag.sources.reading import MOST_BYTES, clean_uid, read_file


class Folder:
    """The documents at or below `root`; uid = path below it. Without `origin`, the top folder opens breadcrumbs.

    :raises SourceUnreadable: when there is no such path.
    """

    def __init__(self, root: Path, *, origin: str | None = None, lang: str = "") -> None:
        self._root, self._origin, self._lang = root, origin, lang
        self._base = root if root.is_dir() else root.parent
        self._files = find_files(root)

    def __iter__(self) -> Iterator[Outcome]:
        for file in self._files:
            yield from self._read(file)

    def __length_hint__(self) -> int:
        return len(self._files)

    def uids(self) -> frozenset[str]:
        """Return the uid of every file."""
        return frozenset(clean_uid(file.relative_to(self._base).as_posix()) for file in self._files)

    def _read(self, file: Path) -> Iterator[Outcome]:
        relative = file.relative_to(self._base)
        uid = relative.as_posix()
        top = relative.parts[0] if len(relative.parts) > 1 else ""
        try:
            content = _content(file)
        except SourceUnreadable as exc:
            yield Unread(clean_uid(uid), exc.code, str(exc))
            return
        origin = top if self._origin is None else self._origin
        yield from read_file(content, uid=uid, origin=origin, lang=self._lang, only_records=self._root.is_dir())


def find_files(path: Path) -> tuple[Path, ...]:
    """Return the readable files at or below `path`, in order of their names; hidden folders are left out.

    :raises SourceUnreadable: when there is no such path.
    """
    if path.is_file():
        return (path,)
    if not path.is_dir():
        raise SourceUnreadable(f"There is no file or folder {path}.")
    inside = path.resolve()
    found = (file for file in path.rglob("*") if kind_by_name(file.name) and not _is_hidden(file.relative_to(path)))
    return tuple(sorted(file for file in found if file.is_file() and file.resolve().is_relative_to(inside)))


def _is_hidden(relative: Path) -> bool:
    return any(part.startswith(".") for part in relative.parts)


def _content(file: Path) -> bytes:
    """Return what is in a file.

    :raises SourceUnreadable: when it cannot be read, or is too large.
    """
    try:
        if file.stat().st_size > MOST_BYTES:
            raise DocumentTooLarge(f"It is larger than {MOST_BYTES >> 20} MB. Divide it.")
        return file.read_bytes()
    except OSError as exc:
        raise DocumentBroken("It cannot be read. See who may read it, and whether the disk is sound.") from exc
