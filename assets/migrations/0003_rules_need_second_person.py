from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assets", "0002_history")]

    operations = [
        migrations.AddField(
            model_name="site",
            name="rules_need_second_person",
            field=models.BooleanField(
                default=False, help_text="Who wrote a version of a rule cannot be the one who activates it."
            ),
        ),
    ]
