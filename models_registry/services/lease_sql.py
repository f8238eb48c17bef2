"""The statements of the dedicated connection. Advisory locks are pairs: a space, and a number within it."""

PROCESSES = 0x1A6_0001  # the space of ProcessLease.lock_key; spaces of slots are hashes, see lease.space

OPEN = """
SELECT pg_try_advisory_lock(%s, %s), set_config('synchronous_commit', 'off', false),
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
"""  # a waiting request that a power cut forgets is no loss, and nobody should wait for a disk

TAKE = """
SELECT number FROM unnest(%s::int[]) AS free(number) WHERE pg_try_advisory_lock(%s, number) LIMIT %s
"""
FREE = "SELECT pg_advisory_unlock(%s, number) FROM unnest(%s::int[]) AS held(number)"

REGISTER = """
INSERT INTO models_registry_processlease (id, lock_key, pid, started_at)
VALUES (%(process)s, %(lock_key)s, %(pid)s, clock_timestamp()) ON CONFLICT DO NOTHING
"""

ALIVE = f"""
SELECT objid::bigint FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 2 AND granted AND classid::bigint = {PROCESSES}
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""  # noqa: S608 - made of our own constants

_FORGET = """
WITH gone AS (SELECT id FROM models_registry_processlease WHERE {which}),
     waiters AS (DELETE FROM models_registry_waiter WHERE process_id IN (SELECT id FROM gone)),
     turns AS (DELETE FROM models_registry_runningturn WHERE process_id IN (SELECT id FROM gone))
DELETE FROM models_registry_processlease WHERE id IN (SELECT id FROM gone)
"""
# An uncommitted registration is not seen, and its lock is older than its row: no living process is buried.
BURY_THE_DEAD = _FORGET.format(which=f"lock_key NOT IN ({ALIVE})")
LEAVE = _FORGET.format(which="id = %(process)s")

PUBLISH = """
WITH me AS (
    INSERT INTO models_registry_processlease (id, lock_key, pid, started_at)
    VALUES (%s, %s, %s, clock_timestamp()) ON CONFLICT DO NOTHING
)
INSERT INTO models_registry_waiter (id, process_id, model, unit, purpose, arrived_at, expected_tokens, turn)
SELECT id, %s, model, unit, purpose, to_timestamp(arrived_us / 1000000.0), tokens, turn
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::int[], %s::bigint[])
  AS joining(id, model, unit, purpose, arrived_us, tokens, turn)
ON CONFLICT (id) DO NOTHING
"""
WITHDRAW = "DELETE FROM models_registry_waiter WHERE id = ANY(%s::uuid[])"

OTHERS = f"""
SELECT w.id, w.model, w.unit, (extract(epoch FROM w.arrived_at) * 1000000)::bigint, w.expected_tokens, w.turn,
       p.lock_key IN ({ALIVE})
FROM models_registry_waiter w JOIN models_registry_processlease p ON p.id = w.process_id
WHERE w.process_id <> %s
"""  # noqa: S608 - made of our own constants
TELL = "SELECT pg_notify(%s, said) FROM unnest(%s::text[]) AS news(said)"

HELD = """
SELECT classid::bigint, count(*) FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 2 AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
GROUP BY classid
"""
