"""A grant that has lost the last of its sectors covers nothing: it looked like one of the whole site."""

from django.db import migrations, models


def confine(apps, schema_editor):
    Grant = apps.get_model("hypervisor", "Grant")
    Grant.objects.filter(sectors__isnull=False).update(confined=True)


class Migration(migrations.Migration):
    dependencies = [("hypervisor", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="grant",
            name="confined",
            field=models.BooleanField(
                default=False, help_text="Only its sectors, also when an inventory has taken the last of them away."
            ),
        ),
        migrations.RunPython(confine, migrations.RunPython.noop),
    ]
