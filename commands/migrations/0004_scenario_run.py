"""A run is a procedure carried out once; a scenario carried out once is a scenario run."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assets', '0007_watches'),
        ('commands', '0003_reactions'),
    ]

    operations = [
        migrations.RenameModel(old_name='Run', new_name='ScenarioRun'),
        migrations.RenameModel(old_name='RunCommand', new_name='ScenarioCommand'),
        migrations.AlterField(
            model_name='scenariorun',
            name='site',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='scenario_runs', to='assets.site'),
        ),
        migrations.AlterField(
            model_name='scenariocommand',
            name='command',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='scenario_run', to='commands.command'),
        ),
    ]
