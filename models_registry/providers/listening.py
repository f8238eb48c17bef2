"""Turn what a host says into pieces, and judge how it ended. The same for every wire."""

from models_registry.domain.chat import ChatRequest, Finished, Piece, Text, Thinking
from models_registry.domain.errors import AnswerCutOff, AnswerEmpty
from models_registry.domain.wording import TagFilter
from models_registry.providers.deadlines import StreamClock

LONGEST_LEADING_BLANK = 512  # characters; a schema-bound model that starts with more than this never stops


class Listener:
    """Hears one answer. Leaked template tags are taken out; blanks before the first word are held back."""

    def __init__(self, request: ChatRequest, clock: StreamClock) -> None:
        self._request = request
        self._clock = clock
        self._tags = TagFilter()
        self._has_text = False
        self._leading_blank = ""

    def hear(self, *, said: str = "", thought: str = "") -> tuple[Piece, ...]:
        """Return the pieces to pass on.

        :raises AnswerEmpty: when there are blanks and no end of them.
        """
        if said or thought:
            self._clock.note_token()
        return (*((Thinking(thought),) if thought else ()), *self._text(self._tags.feed(said)))

    def finish(
        self,
        *,
        reason: str,
        prompt_tokens: int | None,
        generated_tokens: int | None,
        load_ms: int | None = None,
        truncation_suspected: bool = False,
    ) -> tuple[Piece, ...]:
        """Return what was held back, then Finished.

        :raises AnswerEmpty: when nothing was said.
        :raises AnswerCutOff: when a document was cut off at the output limit.
        """
        rest = self._text(self._tags.flush())
        if not self._has_text:
            raise AnswerEmpty("The model said nothing.")
        if reason == "length" and self._request.schema is not None:
            raise AnswerCutOff("The document was cut off at the output limit.", is_at_limit=True)
        end = Finished(
            model=self._request.model,
            reason=reason,
            prompt_tokens=prompt_tokens,
            generated_tokens=generated_tokens,
            latency_ms=self._clock.latency_ms,
            first_token_ms=self._clock.first_token_ms,
            load_ms=load_ms,
            truncation_suspected=truncation_suspected,
        )
        return (*rest, end)

    def _text(self, said: str) -> tuple[Piece, ...]:
        """Blanks are held back until a word follows: an answer of nothing but blanks must still count as empty."""
        if self._has_text:
            return (Text(said),) if said else ()
        self._leading_blank += said
        if not self._leading_blank.strip():
            if len(self._leading_blank) > LONGEST_LEADING_BLANK:
                raise AnswerEmpty("The model says nothing but blanks.")
            return ()
        self._has_text = True
        return (Text(self._leading_blank),)
