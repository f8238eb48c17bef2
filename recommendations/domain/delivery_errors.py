"""Why an alert did not reach its reader.

RecommendationsError
└── DeliveryFailed       try again later, as often as is left
    └── DeliveryRefused  do not: the choice itself has to change
"""

from recommendations.domain.errors import RecommendationsError


class DeliveryFailed(RecommendationsError):
    """The message tells the reader why, and what to do; it never holds the address."""

    code = "delivery_failed"


class DeliveryRefused(DeliveryFailed):
    code = "delivery_refused"
