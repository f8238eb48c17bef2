"""What can go wrong when the library is filled, searched or asked. Named for what the caller may do.

RagError
├── QuestionInvalid        ask differently: too short, or nothing but signs
├── ConversationUnknown    begin a new conversation: there is none of yours with this id
├── SourceUnreadable       repair the file or folder that is named, then ingest again
│   ├── DocumentInvalid    repair this one document; the others are not touched
│   │   ├── FormatUnknown  hand it in as Markdown, text, HTML, JSON, PDF or an archive of these
│   │   ├── DocumentTooLarge   divide it, or leave out what is not text
│   │   ├── DocumentBroken     save it anew: it is damaged, or not what its name says
│   │   ├── DocumentEncrypted  take the password off
│   │   └── DocumentEmpty      there is no text in it; a scan needs text recognition first
│   ├── AddressRefused     choose another address: it is private, forbidden by robots.txt, or no web address
│   └── AddressUnreachable try again later, or see whether the address is right
├── IndexUnavailable       search by words alone: no embedding space is active
├── SpaceNotReady          build the embedding space first, or choose another one
├── ModelAbsent            come back after `retry_after_s`, or take quotes: no model can be asked now
├── PromptMissing          tell the administrator: a purpose has no active prompt
├── QuestionsUnusable      repair the lines that are named in the file of judged questions
├── PatternTooSlow         write the regular expression of a judged question more simply
└── AnswerFailed           the model broke off after its first words; `retryable` says whether to ask again
"""


class RagError(Exception):
    """Base of every failure of the knowledge floor."""

    code = "rag_error"
    retryable = False


class QuestionInvalid(RagError):
    code = "question_invalid"


class ConversationUnknown(RagError):
    """Somebody else's conversation is as unknown as one that never was."""

    code = "conversation_unknown"

    def __init__(self, message: str = "You have no such conversation. Begin a new one.") -> None:
        super().__init__(message)


class SourceUnreadable(RagError):
    code = "source_unreadable"


class DocumentInvalid(SourceUnreadable):
    code = "document_invalid"


class FormatUnknown(DocumentInvalid):
    code = "format_unknown"


class DocumentTooLarge(DocumentInvalid):
    code = "too_large"


class DocumentBroken(DocumentInvalid):
    code = "broken"


class DocumentEncrypted(DocumentInvalid):
    code = "encrypted"


class DocumentEmpty(DocumentInvalid):
    code = "no_text"


class AddressRefused(SourceUnreadable):
    code = "address_refused"


class AddressUnreachable(SourceUnreadable):
    code = "address_unreachable"
    retryable = True


class IndexUnavailable(RagError):
    code = "index_unavailable"
    retryable = True


class SpaceNotReady(RagError):
    code = "space_not_ready"


class ModelAbsent(RagError):
    code = "no_model"
    retryable = True
    retry_after_s = 30.0  # as long as a host that failed is left alone at first


class PromptMissing(RagError):
    code = "prompt_missing"


class QuestionsUnusable(RagError):
    """A file of judged questions cannot be asked. `problems` are the first of `count`, each with its line."""

    code = "questions_unusable"

    def __init__(self, problems: tuple[str, ...], *, count: int | None = None) -> None:
        more = (count or 0) - len(problems)
        super().__init__("\n".join([*problems, *([f"and {more} more."] if more > 0 else [])]))
        self.problems = problems


class PatternTooSlow(RagError):
    code = "pattern_too_slow"


class AnswerFailed(RagError):
    """An answer stream ended with an error event; its words are already fit for the reader."""

    code = "answer_failed"

    def __init__(self, message: str, *, code: str, retryable: bool) -> None:
        super().__init__(message)
        self.code = code
        self.retryable = retryable
