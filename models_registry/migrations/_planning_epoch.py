"""Triggers that number every change of the tables planning reads, so that a kept snapshot knows it is out of date.

Statement-level, and blind to columns that change all the time without changing a plan. The numbers come from a
sequence: one that a rollback takes back is never given again. The table has no Django model on purpose, so that a
flush of all models does not empty it.
"""

ALL_COLUMNS_BUT: dict[str, tuple[str, ...]] = {
    "provider": ("checked_at", "version", "seed"),
    "languagemodel": ("seen_at", "vram_share", "resident_until", "seed"),
    "catalogentry": ("seed",),
    "strategy": ("seed",),
    "route": ("seed", "changed_at"),
    "routingrule": ("seed",),
    "routingpolicy": ("seed", "changed_at"),
    "tier": ("seed",),
    "usertier": (),
    "rollout": ("seed", "note", "changed_at"),
}
ONLY_COLUMNS = {"breaker": ("id", "name", "state", "is_forced", "opened_at", "recovery_s")}

TABLES = """
CREATE SEQUENCE models_registry_planning_numbers;
CREATE TABLE models_registry_planning_epoch (source text PRIMARY KEY, value bigint NOT NULL);

CREATE FUNCTION models_registry_number_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO models_registry_planning_epoch (source, value)
    VALUES (TG_TABLE_NAME, nextval('models_registry_planning_numbers'))
    ON CONFLICT (source) DO UPDATE SET value = excluded.value;
    RETURN NULL;
END $$;

CREATE FUNCTION models_registry_number_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM touched) THEN
        INSERT INTO models_registry_planning_epoch (source, value)
        VALUES (TG_TABLE_NAME, nextval('models_registry_planning_numbers'))
        ON CONFLICT (source) DO UPDATE SET value = excluded.value;
    END IF;
    RETURN NULL;
END $$;

-- What planning reads of a row: some columns, or all but some; of a residency the minute is enough.
CREATE FUNCTION models_registry_planned_part(whole jsonb, named text[], is_only boolean) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_object_agg(key, value) || jsonb_build_object(
        'resident_minute', date_trunc('minute', (whole ->> 'resident_until')::timestamptz)
    )
    FROM jsonb_each(whole) WHERE (key = ANY (named)) = is_only
$$;

CREATE FUNCTION models_registry_number_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    named text[] := TG_ARGV[0]::text[];
    is_only boolean := TG_ARGV[1]::boolean;
BEGIN
    IF EXISTS (
        SELECT models_registry_planned_part(to_jsonb(later), named, is_only) FROM later
        EXCEPT SELECT models_registry_planned_part(to_jsonb(earlier), named, is_only) FROM earlier
    ) THEN
        INSERT INTO models_registry_planning_epoch (source, value)
        VALUES (TG_TABLE_NAME, nextval('models_registry_planning_numbers'))
        ON CONFLICT (source) DO UPDATE SET value = excluded.value;
    END IF;
    RETURN NULL;
END $$;
"""
NO_TABLES = """
DROP FUNCTION models_registry_number_update();
DROP FUNCTION models_registry_planned_part(jsonb, text[], boolean);
DROP FUNCTION models_registry_number_rows();
DROP FUNCTION models_registry_number_change();
DROP TABLE models_registry_planning_epoch;
DROP SEQUENCE models_registry_planning_numbers;
"""
EVENTS = ("inserted", "deleted", "updated", "emptied")


def _triggers(name: str, columns: tuple[str, ...], *, is_only: bool) -> str:
    table, run = f"models_registry_{name}", "FOR EACH STATEMENT EXECUTE FUNCTION models_registry_number"
    compared = f"'{{{','.join(columns)}}}', '{str(is_only).lower()}'"
    return f"""
CREATE TRIGGER planning_inserted AFTER INSERT ON {table} REFERENCING NEW TABLE AS touched {run}_rows();
CREATE TRIGGER planning_deleted AFTER DELETE ON {table} REFERENCING OLD TABLE AS touched {run}_rows();
CREATE TRIGGER planning_updated AFTER UPDATE ON {table}
    REFERENCING OLD TABLE AS earlier NEW TABLE AS later {run}_update({compared});
CREATE TRIGGER planning_emptied AFTER TRUNCATE ON {table} {run}_change();
"""


def forward_sql() -> str:
    """Return the statements that begin the numbering."""
    both = ((ALL_COLUMNS_BUT, False), (ONLY_COLUMNS, True))
    return TABLES + "".join(
        _triggers(name, columns, is_only=is_only) for tables, is_only in both for name, columns in tables.items()
    )


def backward_sql() -> str:
    """Return the statements that end it."""
    drops = (
        f"DROP TRIGGER planning_{event} ON models_registry_{name};\n"
        for name in (*ALL_COLUMNS_BUT, *ONLY_COLUMNS)
        for event in EVENTS
    )
    return "".join(drops) + NO_TABLES
