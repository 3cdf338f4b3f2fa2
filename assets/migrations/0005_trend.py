from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assets", "0004_search_without_accents")]

    operations = [
        migrations.AddField(
            model_name="latest",
            name="trend",
            field=models.SmallIntegerField(
                db_default=2, help_text="By the last readings: -1 falling, 0 steady, 1 rising, 2 not known."
            ),
        ),
    ]
