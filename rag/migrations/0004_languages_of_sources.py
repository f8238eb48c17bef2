"""Which languages a source holds, so that a search for all of them need not ask each row for its own."""

import django.contrib.postgres.fields
from django.db import migrations, models

FILL = """
UPDATE rag_source s SET languages = ARRAY(SELECT DISTINCT lang FROM rag_document WHERE source_id = s.id ORDER BY lang)
"""


class Migration(migrations.Migration):
    dependencies = [("rag", "0003_knowledge_floor")]

    operations = [
        migrations.AddField(
            model_name="source",
            name="languages",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=8),
                default=list,
                editable=False,
                help_text="Of its documents, kept by ingestion.",
                size=None,
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
