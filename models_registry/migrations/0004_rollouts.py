"""Rollouts in steps: variants, outcomes, evidence, a history of moves, and runs in the shadow."""

from decimal import Decimal

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import models_registry.models.rollouts

# A change of a variant is a change of what planning reads (see _planning_epoch.py of the first rollout table).
VARIANT_TRIGGERS = """
CREATE TRIGGER planning_inserted AFTER INSERT ON models_registry_variant REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION models_registry_number_rows();
CREATE TRIGGER planning_deleted AFTER DELETE ON models_registry_variant REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION models_registry_number_rows();
CREATE TRIGGER planning_updated AFTER UPDATE ON models_registry_variant
    FOR EACH STATEMENT EXECUTE FUNCTION models_registry_number_change();
CREATE TRIGGER planning_emptied AFTER TRUNCATE ON models_registry_variant
    FOR EACH STATEMENT EXECUTE FUNCTION models_registry_number_change();
"""
NO_VARIANT_TRIGGERS = """
DROP TRIGGER planning_inserted ON models_registry_variant;
DROP TRIGGER planning_deleted ON models_registry_variant;
DROP TRIGGER planning_updated ON models_registry_variant;
DROP TRIGGER planning_emptied ON models_registry_variant;
"""


def settle(apps, schema_editor):
    """A share that was set by hand stays as it is; a rollout that everybody gets already is at its end."""
    rows = apps.get_model('models_registry', 'Rollout').objects
    rows.update(is_automatic=False)
    rows.filter(share_percent=100).update(state='completed')


class Migration(migrations.Migration):

    dependencies = [
        ('models_registry', '0003_key_scopes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='exposure',
            name='is_targeted',
            field=models.BooleanField(default=False, help_text='By its tier, not by lot.'),
        ),
        migrations.AddField(
            model_name='rollout',
            name='always_tiers',
            field=models.JSONField(blank=True, default=list, help_text='Tiers that always get it, e.g. premium.'),
        ),
        migrations.AddField(
            model_name='rollout',
            name='gate_days',
            field=models.PositiveSmallIntegerField(default=7, help_text='Days at each share, at least.'),
        ),
        migrations.AddField(
            model_name='rollout',
            name='gate_units',
            field=models.PositiveIntegerField(default=30, help_text='Units in each arm at each share, at least.'),
        ),
        migrations.AddField(
            model_name='rollout',
            name='guards',
            field=models.JSONField(default=models_registry.models.rollouts.usual_guards, help_text='What it is watched for.'),
        ),
        migrations.AddField(
            model_name='rollout',
            name='is_automatic',
            field=models.BooleanField(default=True, help_text='The next step opens by itself when its gates do. Off: somebody opens it.'),
        ),
        migrations.AddField(
            model_name='rollout',
            name='never_tiers',
            field=models.JSONField(blank=True, default=list, help_text='Tiers that never get it.'),
        ),
        migrations.AddField(
            model_name='rollout',
            name='purpose',
            field=models.CharField(choices=[('advice', 'advice on nodes'), ('answer', 'answers from the library')], default='advice', max_length=10),
        ),
        migrations.AddField(
            model_name='rollout',
            name='route_before',
            field=models.JSONField(default=dict, editable=False, help_text="The purpose's route when it started."),
        ),
        migrations.AddField(
            model_name='rollout',
            name='run',
            field=models.PositiveSmallIntegerField(default=1, editable=False, help_text='How often its evidence began anew.'),
        ),
        migrations.AddField(
            model_name='rollout',
            name='shadow_days',
            field=models.PositiveSmallIntegerField(default=0, help_text='Also tried in the shadow for so many days, 21 as a rule; nobody sees that. 0: not.'),
        ),
        migrations.AddField(
            model_name='rollout',
            name='shadow_since',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='rollout',
            name='state',
            field=models.CharField(choices=[('draft', 'draft'), ('running', 'running'), ('held', 'held'), ('rolled_back', 'rolled back'), ('completed', 'completed')], default='running', editable=False, max_length=12),
        ),
        migrations.AddField(
            model_name='rollout',
            name='step_since',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='rollout',
            name='steps',
            field=models.JSONField(default=models_registry.models.rollouts.usual_steps, help_text='Shares in percent, one after the other.'),
        ),
        migrations.AddField(
            model_name='rollout',
            name='verdict',
            field=models.JSONField(default=dict, editable=False, help_text='What the quality was found to be.'),
        ),
        migrations.AlterField(
            model_name='rollout',
            name='is_enabled',
            field=models.BooleanField(default=True, help_text='Off: as if it did not exist.'),
        ),
        migrations.AlterField(
            model_name='rollout',
            name='share_percent',
            field=models.DecimalField(decimal_places=2, default=Decimal('100'), help_text='Percent of the units that get it, from now on. Raising it never moves one out.', max_digits=5, validators=[django.core.validators.MinValueValidator(Decimal('0')), django.core.validators.MaxValueValidator(Decimal('100'))]),
        ),
        migrations.AlterField(
            model_name='rollout',
            name='slug',
            field=models.SlugField(help_text='It is the salt of the hash, and stays as it is.', unique=True),
        ),
        migrations.CreateModel(
            name='Guard',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('run', models.PositiveSmallIntegerField()),
                ('variant', models.CharField(max_length=20)),
                ('kind', models.CharField(choices=[('errors', 'errors'), ('schema_failures', 'schema_failures'), ('ungrounded', 'ungrounded'), ('down_votes', 'down_votes'), ('latency', 'latency'), ('sample_ratio', 'sample_ratio')], max_length=20)),
                ('figures', models.JSONField(default=dict, help_text='The evidence as the domain keeps it.')),
                ('count', models.PositiveIntegerField(default=0, help_text='Outcomes counted.')),
                ('course', models.JSONField(default=list, help_text='Pairs of count and natural logarithm of E, thinned out.')),
                ('stopped_at', models.DateTimeField(null=True)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('rollout', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='watch', to='models_registry.rollout')),
            ],
            options={
                'ordering': ('rollout', 'run', 'variant', 'kind'),
                'constraints': [models.UniqueConstraint(fields=('rollout', 'run', 'variant', 'kind'), name='one_guard_per_kind_and_run')],
            },
        ),
        migrations.CreateModel(
            name='RolloutEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('run', models.PositiveSmallIntegerField()),
                ('move', models.CharField(choices=[('start', 'start'), ('step', 'step'), ('complete', 'complete'), ('hold', 'hold'), ('resume', 'resume'), ('roll_back', 'roll_back'), ('set_share', 'set_share'), ('warn', 'warn')], max_length=20)),
                ('from_state', models.CharField(max_length=12)),
                ('to_state', models.CharField(max_length=12)),
                ('share_before', models.DecimalField(decimal_places=2, max_digits=5)),
                ('share_after', models.DecimalField(decimal_places=2, max_digits=5)),
                ('who', models.CharField(help_text='A name, or lnrag itself.', max_length=80)),
                ('why', models.CharField(max_length=300)),
                ('evidence', models.JSONField(default=dict)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('is_alarm', models.BooleanField(default=False)),
                ('seen_at', models.DateTimeField(blank=True, null=True)),
                ('rollout', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='models_registry.rollout')),
                ('seen_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-pk',),
                'indexes': [models.Index(condition=models.Q(('is_alarm', True), ('seen_at', None)), fields=['at'], name='rollout_alarms_not_seen')],
            },
        ),
        migrations.CreateModel(
            name='RolloutOutcome',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('run', models.PositiveSmallIntegerField()),
                ('kind', models.CharField(choices=[('errors', 'errors'), ('schema_failures', 'schema_failures'), ('ungrounded', 'ungrounded'), ('down_votes', 'down_votes'), ('latency', 'latency'), ('sample_ratio', 'sample_ratio')], max_length=20)),
                ('unit', models.CharField(max_length=80)),
                ('variant', models.CharField(max_length=20)),
                ('share_percent', models.DecimalField(decimal_places=2, help_text='In force when the unit met it.', max_digits=5)),
                ('value', models.FloatField(help_text='1: bad, 0: good; of latency milliseconds.')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('position', models.PositiveIntegerField(help_text='In the order in which they were counted, from 1.', null=True)),
                ('rollout', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='outcomes', to='models_registry.rollout')),
            ],
            options={
                'ordering': ('pk',),
                'indexes': [models.Index(condition=models.Q(('position', None)), fields=['rollout', 'id'], name='outcomes_not_counted')],
                'constraints': [models.UniqueConstraint(fields=('rollout', 'run', 'kind', 'unit'), name='one_outcome_per_unit_and_kind'), models.UniqueConstraint(fields=('rollout', 'run', 'position'), name='one_place_per_outcome')],
            },
        ),
        migrations.CreateModel(
            name='ShadowRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('variant', models.CharField(max_length=20)),
                ('subject', models.JSONField(default=dict, help_text='What was asked, as keys only: enough to ask again.')),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed'), ('skipped', 'Skipped')], default='waiting', max_length=8)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(null=True)),
                ('shown', models.JSONField(default=dict, help_text='Quality, milliseconds and faults of the turn that was shown.')),
                ('shadow', models.JSONField(default=dict, help_text='The same of the one in the shadow.')),
                ('reason', models.CharField(blank=True, help_text='Why there is nothing to compare.', max_length=60)),
                ('rollout', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shadows', to='models_registry.rollout')),
            ],
            options={
                'ordering': ('-pk',),
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['id'], name='shadows_waiting')],
            },
        ),
        migrations.CreateModel(
            name='Variant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=20)),
                ('weight', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1)])),
                ('is_control', models.BooleanField(default=False, help_text='No change: a cohort of known size to compare with.')),
                ('changes', models.JSONField(blank=True, default=list, help_text='For example [{"kind": "strategy", "temperature": 0.1}].')),
                ('rollout', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='variants', to='models_registry.rollout')),
            ],
            options={
                'ordering': ('pk',),
                'constraints': [models.UniqueConstraint(fields=('rollout', 'slug'), name='one_variant_per_name'), models.UniqueConstraint(condition=models.Q(('is_control', True)), fields=('rollout',), name='one_control_per_rollout')],
            },
        ),
        migrations.RunSQL(VARIANT_TRIGGERS, NO_VARIANT_TRIGGERS),
        migrations.RunPython(settle, migrations.RunPython.noop, elidable=True),
    ]
