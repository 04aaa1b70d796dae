from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("problems", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="problemstep",
            name="result",
            field=models.JSONField(null=True),
        ),
    ]
