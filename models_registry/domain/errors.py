"""What can go wrong when a model is asked to speak. Named for what the caller may do.

ModelError
├── ProviderUnavailable      try the next candidate (connection refused, reset, 5xx)
│   ├── ProviderTimeout      try the next candidate, never the same cold host again
│   └── BreakerOpen          it failed too often lately: it is left alone for a while
├── RateLimited              try the next candidate, or wait `retry_after_s` (429, 503)
│   ├── QueueFull            our queue for this model is full: capacity, 503
│   ├── WaitTooLong          it would start, or has waited, too late: capacity, 503
│   ├── QuotaExceeded        this key or address asked too often, or has too many open: 429
│   └── LimiterUnavailable   nobody can say how often it asked: nothing is generated meanwhile, 503
├── ModelNotInstalled        try the next candidate; tell the administrator (404)
├── ProviderRejected         do not repeat it: this host refuses this request (4xx, bad option)
│   └── PromptTooLong        do not repeat it: shorten the prompt
├── AnswerInvalid            the model spoke, but not what was asked
│   ├── AnswerEmpty          nothing was said
│   └── AnswerCutOff         the stream ended without `done`, or the output limit was hit
├── KeyInvalid               no key, or none that opens anything: bring a right one (401)
├── ScopeMissing             this key was not made for this: use another key (403)
├── GenerationCanceled       somebody stopped this turn
├── VariantInvalid           a variant of a rollout changes what cannot be changed: correct it
├── RolloutMoveNotAllowed    this rollout cannot make that move now: look at its state
├── GenerationInterrupted    it failed after the first token: say so, never splice another voice
└── NoModelAvailable         no candidate is left: the built-in engine answers

`retryable` is for the person who asked: may asking again later help? `repeat_here` is for the client:
may the very same request go to the same host once more, when nothing was said yet (CL-08)?
"""


class ModelError(Exception):
    """Base of every model failure."""

    code = "model_error"
    retryable = False

    def __init__(self, message: str = "", *, repeat_here: bool = False) -> None:
        super().__init__(message)
        self.repeat_here = repeat_here


class ProviderUnavailable(ModelError):
    code = "provider_unavailable"
    retryable = True


class ProviderTimeout(ProviderUnavailable):
    code = "provider_timeout"

    def __init__(self, message: str = "", *, is_unreachable: bool = False) -> None:
        super().__init__(message)
        self.is_unreachable = is_unreachable  # nobody even took the connection; a busy host would have


class RateLimited(ModelError):
    code = "rate_limited"
    retryable = True

    def __init__(self, message: str = "", *, retry_after_s: float | None = None, repeat_here: bool = False) -> None:
        super().__init__(message, repeat_here=repeat_here)
        self.retry_after_s = retry_after_s


class QueueFull(RateLimited):
    code = "queue_full"


class WaitTooLong(RateLimited):
    code = "wait_too_long"


class QuotaExceeded(RateLimited):
    code = "quota_exceeded"


class LimiterUnavailable(RateLimited):
    code = "limiter_unavailable"


class KeyInvalid(ModelError):
    code = "key_invalid"


class ScopeMissing(ModelError):
    code = "scope_missing"


class BreakerOpen(ProviderUnavailable):
    code = "breaker_open"


class GenerationCanceled(ModelError):
    code = "generation_canceled"
    retryable = True


class VariantInvalid(ModelError):
    code = "variant_invalid"


class RolloutMoveNotAllowed(ModelError):
    code = "rollout_move_not_allowed"


class ModelNotInstalled(ModelError):
    code = "model_not_installed"


class ProviderRejected(ModelError):
    code = "provider_rejected"


class PromptTooLong(ProviderRejected):
    code = "prompt_too_long"


class AnswerInvalid(ModelError):
    code = "answer_invalid"
    retryable = True


class AnswerEmpty(AnswerInvalid):
    code = "answer_empty"


class AnswerCutOff(AnswerInvalid):
    code = "answer_cut_off"

    def __init__(self, message: str = "", *, is_at_limit: bool = False) -> None:
        super().__init__(message)
        self.is_at_limit = is_at_limit  # it said as much as we allowed; else the host broke off


class GenerationInterrupted(ModelError):
    code = "generation_interrupted"
    retryable = True


class NoModelAvailable(ModelError):
    code = "no_model_available"
    retryable = True
