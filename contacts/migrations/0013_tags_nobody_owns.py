from django.contrib.postgres.indexes import GinIndex
from django.db import migrations
from django.db.models import Q


class Migration(migrations.Migration):
    """Find the tags of contacts that nobody owns by an index of their own: everybody sees these, and they are many."""

    dependencies = [
        ("contacts", "0012_fewer_indexes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="contact",
            index=GinIndex(
                condition=Q(owner__isnull=True, binned_at__isnull=True), fields=["tags"], name="contact_unowned_tags"
            ),
        ),
    ]
