"""The journal's tables belong to the room `journal`: the columns of two nouns go, and the models are forgotten here."""

from django.db import migrations

DROP = "ALTER TABLE journal_journalentry DROP COLUMN alarm_id, DROP COLUMN incident_id"
BACK = """
ALTER TABLE journal_journalentry ADD COLUMN alarm_id bigint, ADD COLUMN incident_id bigint;
UPDATE journal_journalentry e SET alarm_id = a.ref FROM journal_about a
    WHERE a.site_id = e.site_id AND a.noun = 'alarm' AND a.seq = e.seq;
UPDATE journal_journalentry e SET incident_id = a.ref FROM journal_about a
    WHERE a.site_id = e.site_id AND a.noun = 'incident' AND a.seq = e.seq;
CREATE INDEX alarms_journalentry_alarm_id ON journal_journalentry (alarm_id);
CREATE INDEX alarms_journalentry_incident_id ON journal_journalentry (incident_id);
"""


class Migration(migrations.Migration):
    dependencies = [("alarms", "0016_stake"), ("journal", "0001_initial")]

    operations = [
        migrations.RunSQL(DROP, BACK),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel("JournalEntry"), migrations.DeleteModel("Ledger")]
        ),
    ]
