"""Takes the journal over from `alarms`: its tables move with every line and hash they hold, and learn what each line is about."""

import django.db.models.deletion
from django.db import migrations, models

MOVE = """
ALTER TABLE alarms_ledger RENAME TO journal_ledger;
ALTER TABLE alarms_journalentry RENAME TO journal_journalentry;
ALTER SEQUENCE alarms_journalentry_id_seq RENAME TO journal_journalentry_id_seq;
"""
BACK = """
ALTER SEQUENCE journal_journalentry_id_seq RENAME TO alarms_journalentry_id_seq;
ALTER TABLE journal_journalentry RENAME TO alarms_journalentry;
ALTER TABLE journal_ledger RENAME TO alarms_ledger;
"""
FILL = """
UPDATE journal_journalentry SET format = 1, actor_kind = CASE WHEN actor = '' THEN 'system' ELSE 'person' END,
    about = CASE
        WHEN alarm_id IS NOT NULL AND incident_id IS NOT NULL THEN '[["alarm",' || alarm_id || '],["incident",' || incident_id || ']]'
        WHEN alarm_id IS NOT NULL THEN '[["alarm",' || alarm_id || ']]'
        WHEN incident_id IS NOT NULL THEN '[["incident",' || incident_id || ']]'
        ELSE '[]' END;
INSERT INTO journal_about (site_id, noun, ref, seq)
    SELECT site_id, 'alarm', alarm_id, seq FROM journal_journalentry WHERE alarm_id IS NOT NULL
    UNION ALL SELECT site_id, 'incident', incident_id, seq FROM journal_journalentry WHERE incident_id IS NOT NULL;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("alarms", "0016_stake"), ("assets", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(MOVE, BACK)],
            state_operations=[
                migrations.CreateModel(
                    name="Ledger",
                    fields=[
                        (
                            "site",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="ledger",
                                serialize=False,
                                to="assets.site",
                            ),
                        ),
                        ("seq", models.PositiveBigIntegerField(default=0)),
                        ("hash", models.CharField(default="0" * 64, max_length=64)),
                    ],
                ),
                migrations.CreateModel(
                    name="JournalEntry",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("seq", models.PositiveBigIntegerField()),
                        ("at", models.DateTimeField()),
                        ("kind", models.CharField(max_length=30)),
                        ("actor", models.CharField(blank=True, help_text="Name of who acted: a user name, a slug.", max_length=150)),
                        ("desk", models.CharField(blank=True, max_length=60)),
                        ("text_fr", models.CharField(max_length=600)),
                        ("text_en", models.CharField(max_length=600)),
                        (
                            "details",
                            models.TextField(default="{}", help_text="JSON as it was hashed, never parsed by the database."),
                        ),
                        ("hash", models.CharField(max_length=64)),
                        (
                            "site",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="journal", to="assets.site"
                            ),
                        ),
                    ],
                    options={"ordering": ["site", "seq"]},
                ),
                migrations.AddConstraint(
                    model_name="journalentry",
                    constraint=models.UniqueConstraint(fields=["site", "seq"], name="journal_number_once_per_site"),
                ),
            ],
        ),
        migrations.AddField(
            model_name="journalentry",
            name="about",
            field=models.TextField(default="[]", help_text="JSON as it was hashed: [[noun, id], …]."),
        ),
        migrations.AddField(
            model_name="journalentry",
            name="actor_kind",
            field=models.CharField(default="system", help_text="person, rule, procedure, supervisor, system.", max_length=10),
        ),
        migrations.AddField(
            model_name="journalentry",
            name="format",
            field=models.PositiveSmallIntegerField(default=2, help_text="What the hash was made of."),
        ),
        migrations.CreateModel(
            name="About",
            fields=[
                ("pk", models.CompositePrimaryKey("site", "noun", "ref", "seq", blank=True, editable=False, primary_key=True, serialize=False)),
                ("noun", models.CharField(max_length=20)),
                ("ref", models.BigIntegerField(help_text="Id of the thing.")),
                ("seq", models.BigIntegerField()),
                (
                    "site",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="assets.site",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
