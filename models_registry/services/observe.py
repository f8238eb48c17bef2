"""Learn from the ledger how each model really does: one statement, medians of its latest finished calls."""

from datetime import datetime, timedelta

from django.db import connection

LATEST_CALLS = 200  # per model and host: enough for a steady median, few enough to follow a new card
REMEMBERED = timedelta(days=30)
LEAST_JUDGED = 20  # votes, or checked answers, before they say anything of a model's quality
LEAST_TOKENS = 10  # generated, for a speed; fewer measure the first one only
LEAST_PROMPT_TOKENS = 50  # for a ratio: the marks of a template weigh too much in short prompts
LEAST_LOAD_MS = 250  # less is no load but a look at the model in memory

# Quality of ten: the share of thumbs up where people voted, else the mean of our own checks. Both begin with one
# success and one failure, so that few votes say little. What a former digest did tells nothing of this one.
REFRESH = """
WITH seen AS (
    SELECT model.id, call.*
    FROM models_registry_languagemodel model
    JOIN models_registry_provider host ON host.id = model.provider_id
    CROSS JOIN LATERAL (
        SELECT latency_ms - coalesce(queue_ms, 0) - coalesce(load_ms, 0) AS work_ms,
            latency_ms - first_token_ms AS spoken_ms, load_ms, generated_tokens,
            prompt_tokens, prompt_chars, truncation_suspected, rating, quality_score
        FROM models_registry_generation
        WHERE provider = host.slug AND model = model.tag AND outcome = 'completed'
            AND created_at > greatest(%(since)s, model.digest_since)
        ORDER BY created_at DESC LIMIT %(latest)s
    ) call
), medians AS (
    SELECT id, count(*) AS calls,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY work_ms) FILTER (WHERE work_ms >= 0) AS latency_ms,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY generated_tokens * 1000.0 / nullif(spoken_ms, 0))
            FILTER (WHERE spoken_ms > 0 AND generated_tokens >= %(least_tokens)s) AS tokens_per_s,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY load_ms / 1000.0)
            FILTER (WHERE load_ms >= %(least_load)s) AS load_s,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY prompt_chars::float / nullif(prompt_tokens, 0))
            FILTER (WHERE prompt_tokens >= %(least_prompt)s AND NOT truncation_suspected) AS chars_per_token,
        count(rating) AS votes, count(*) FILTER (WHERE rating > 0) AS ups,
        count(quality_score) AS checked, sum(quality_score) AS checked_sum
    FROM seen GROUP BY id
), judged AS (
    SELECT *, CASE
        WHEN votes >= %(least_judged)s THEN round((10.0 * (ups + 1) / (votes + 2))::numeric, 1)
        WHEN checked >= %(least_judged)s THEN round((10.0 * (checked_sum + 1) / (checked + 2))::numeric, 1)
    END AS quality FROM medians
)
UPDATE models_registry_languagemodel model SET
    observed_calls = coalesce(judged.calls, 0),
    observed_latency_ms = round(judged.latency_ms),
    observed_tokens_per_s = judged.tokens_per_s,
    observed_load_s = judged.load_s,
    observed_chars_per_token = judged.chars_per_token,
    observed_quality = judged.quality
FROM models_registry_languagemodel same LEFT JOIN judged ON judged.id = same.id
WHERE same.id = model.id AND (judged.id IS NOT NULL OR same.observed_calls > 0)
    AND (same.observed_calls, same.observed_latency_ms, same.observed_tokens_per_s, same.observed_load_s,
        same.observed_chars_per_token, same.observed_quality)
    IS DISTINCT FROM (coalesce(judged.calls, 0), round(judged.latency_ms)::int, judged.tokens_per_s, judged.load_s,
        judged.chars_per_token, judged.quality)
"""


def refresh(*, at: datetime) -> int:
    """Store what the latest finished calls of each model tell, and return how many models' figures changed.

    Latencies leave out queue and load, as those are ours and the host's. A model without calls lately knows nothing.
    """
    values: dict[str, int | datetime] = {
        "since": at - REMEMBERED,
        "latest": LATEST_CALLS,
        "least_tokens": LEAST_TOKENS,
        "least_prompt": LEAST_PROMPT_TOKENS,
        "least_load": LEAST_LOAD_MS,
        "least_judged": LEAST_JUDGED,
    }
    with connection.cursor() as cursor:
        cursor.execute(REFRESH, values)
        return int(cursor.rowcount)
