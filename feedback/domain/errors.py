"""What can go wrong when feedback is taken or impact is measured.

FeedbackError
├── RatingInvalid        the vote itself is wrong: the field is named
└── TargetNotFound       nothing with that id can be rated by this caller
"""


class FeedbackError(Exception):
    """Base of every feedback failure."""

    code = "feedback_error"


class RatingInvalid(FeedbackError):
    code = "rating_invalid"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class TargetNotFound(FeedbackError):
    code = "target_not_found"
