from django.db import migrations, models


def forget(apps, schema_editor):
    """What was usual by another method is not kept: it is computed anew within a minute."""
    for name in ("Profile", "ProfileSet"):
        apps.get_model("alarms", name).objects.all().delete()


class Migration(migrations.Migration):

    dependencies = [
        ('alarms', '0014_hearing'),
    ]

    operations = [
        migrations.RunPython(forget, forget),
        migrations.RemoveField(model_name='profile', name='mad'),
        migrations.AddField(
            model_name='profile',
            name='above',
            field=models.BinaryField(default=b'', help_text='float64'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='profile',
            name='below',
            field=models.BinaryField(default=b'', help_text='float64'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='profile',
            name='samples',
            field=models.BinaryField(default=b'', help_text='int16'),
            preserve_default=False,
        ),
    ]
