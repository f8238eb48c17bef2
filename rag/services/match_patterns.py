"""Try regular expressions of strangers on texts, with a limit on time and memory: in a process that can be ended."""

import json
import select
import subprocess
import sys
from types import TracebackType
from typing import Self

from rag.domain.errors import PatternTooSlow

LIMIT_S = 1.0  # per text; an honest expression needs microseconds
CHILD = """
import json, re, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
print("ready", flush=True)
for line in sys.stdin:
    pattern, text = json.loads(line)
    print(int(re.search(pattern, text) is not None), flush=True)
"""


class PatternMatcher:
    """Answers whether a pattern occurs in a text; starts its process at the first question, ends it on the way out."""

    def __init__(self, *, limit_s: float = LIMIT_S) -> None:
        self._limit_s = limit_s
        self._child: subprocess.Popen[str] | None = None
        self._known: dict[tuple[str, str], bool] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    def __call__(self, pattern: str, text: str) -> bool:
        """:raises PatternTooSlow: when it takes longer than the limit, or more memory than there is for it."""
        key = (pattern, text)
        if key not in self._known:
            self._known[key] = self._ask(pattern, text)
        return self._known[key]

    def _ask(self, pattern: str, text: str) -> bool:
        child = self._child = self._child or self._start()
        if child.stdin is None or child.stdout is None:
            raise PatternTooSlow(pattern)
        try:
            child.stdin.write(json.dumps([pattern, text]) + "\n")
            child.stdin.flush()
            is_ready = bool(select.select([child.stdout], [], [], self._limit_s)[0])
            answer = child.stdout.readline().strip() if is_ready else ""
        except BrokenPipeError:
            answer = ""
        if not answer:
            self._end()
            raise PatternTooSlow(pattern)
        return answer == "1"

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-I", "-c", CHILD]
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and our own few lines
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        if child.stdout:
            child.stdout.readline()  # it takes a moment to start, which no pattern shall be blamed for
        return child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.communicate()
