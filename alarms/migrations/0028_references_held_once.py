"""Let the alarm refer to site, rule, point and asset without a check of its own: what it refers to besides holds them (ADR 19)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("alarms", "0027_silence_levels"),
        ("assets", "0008_what_counters_consume"),
    ]

    operations = [
        migrations.AlterField(
            model_name="alarm",
            name="asset",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="alarms",
                to="assets.asset",
            ),
        ),
        migrations.AlterField(
            model_name="alarm",
            name="point",
            field=models.ForeignKey(
                db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="assets.point"
            ),
        ),
        migrations.AlterField(
            model_name="alarm",
            name="rule",
            field=models.ForeignKey(
                db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name="alarms", to="alarms.rule"
            ),
        ),
        migrations.AlterField(
            model_name="alarm",
            name="site",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="alarms",
                to="assets.site",
            ),
        ),
    ]
