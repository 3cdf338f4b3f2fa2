from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("passages", "0002_restrict"),
    ]

    operations = [
        migrations.AddField(
            model_name="gate",
            name="intercom",
            field=models.CharField(
                blank=True,
                help_text="How it is spoken to: sip:, sips:, tel: or https:. Empty: as the barrier says.",
                max_length=200,
            ),
        ),
    ]
