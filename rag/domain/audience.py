"""Who may read a source. Pure."""

from enum import StrEnum


class Audience(StrEnum):
    OWNER = "owner"
    SIGNED_IN = "signed_in"
    EVERYBODY = "everybody"


def audience_of(*, is_public: bool, has_owner: bool) -> Audience:
    """Return who may read a source with these settings."""
    if is_public:
        return Audience.EVERYBODY
    return Audience.OWNER if has_owner else Audience.SIGNED_IN
