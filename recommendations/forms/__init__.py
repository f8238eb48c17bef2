"""What pages may be asked, one file per subject; those of the pages everybody sees are re-exported here."""

from recommendations.forms.pages import (
    STATE_WORDS,
    AdviceForm,
    ChannelsForm,
    GraphUploadForm,
    InboxForm,
    SearchForm,
    heading,
    link,
    posted_card,
    posted_object,
)

__all__ = [
    "STATE_WORDS",
    "AdviceForm",
    "ChannelsForm",
    "GraphUploadForm",
    "InboxForm",
    "SearchForm",
    "heading",
    "link",
    "posted_card",
    "posted_object",
]
