import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import crm.kernel.core.fields
import crm.kernel.core.history
import crm.kernel.core.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("contacts", "0001_initial"),
        ("core", "0001_database"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("users", "0001_initial"),
        ("users", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="LostReason",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=crm.kernel.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=80, unique=True, verbose_name="name")),
                (
                    "not_a_loss",
                    models.BooleanField(
                        default=False,
                        help_text="A duplicate, a test or a mistake: counts in no win rate.",
                        verbose_name="not a loss",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="archived")),
            ],
            options={
                "verbose_name": "lost reason",
                "verbose_name_plural": "lost reasons",
                "ordering": ["position", "name"],
            },
        ),
        migrations.CreateModel(
            name="Pipeline",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=crm.kernel.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="archived")),
            ],
            options={
                "verbose_name": "pipeline",
                "verbose_name_plural": "pipelines",
                "ordering": ["position", "name"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("archived_at__isnull", True)), fields=("name",), name="pipeline_name"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LostReasonHistory",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("recorded_at", models.DateTimeField(db_default=crm.kernel.core.history.ClockTimestamp())),
                ("id", models.UUIDField(default=crm.kernel.core.ids.uuid7, editable=False, serialize=False)),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                (
                    "not_a_loss",
                    models.BooleanField(
                        default=False,
                        help_text="A duplicate, a test or a mistake: counts in no win rate.",
                        verbose_name="not a loss",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="archived")),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        related_query_name="+",
                        to="deals.lostreason",
                    ),
                ),
            ],
            options={
                "verbose_name": "lost reason history",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["pgh_obj", "pgh_id"], name="deals_lostreason_h_obj"),
                    models.Index(fields=["pgh_context"], name="deals_lostreason_h_set"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PipelineHistory",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("recorded_at", models.DateTimeField(db_default=crm.kernel.core.history.ClockTimestamp())),
                ("id", models.UUIDField(default=crm.kernel.core.ids.uuid7, editable=False, serialize=False)),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="archived")),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        related_query_name="+",
                        to="deals.pipeline",
                    ),
                ),
            ],
            options={
                "verbose_name": "pipeline history",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["pgh_obj", "pgh_id"], name="deals_pipeline_h_obj"),
                    models.Index(fields=["pgh_context"], name="deals_pipeline_h_set"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Stage",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=crm.kernel.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("description", models.CharField(blank=True, max_length=300, verbose_name="what it means")),
                (
                    "kind_of",
                    models.CharField(
                        choices=[("open", "Open"), ("won", "Won"), ("lost", "Lost")],
                        default="open",
                        max_length=4,
                        verbose_name="kind",
                    ),
                ),
                (
                    "probability",
                    models.PositiveSmallIntegerField(
                        validators=[django.core.validators.MaxValueValidator(100)], verbose_name="probability, %"
                    ),
                ),
                (
                    "forecast_category",
                    models.CharField(
                        choices=[
                            ("omitted", "Omitted"),
                            ("pipeline", "Pipeline"),
                            ("best_case", "Best case"),
                            ("commit", "Commit"),
                        ],
                        default="pipeline",
                        max_length=10,
                        verbose_name="forecast category",
                    ),
                ),
                (
                    "idle_days",
                    models.PositiveSmallIntegerField(
                        default=14,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(365),
                        ],
                        verbose_name="gone quiet after days",
                    ),
                ),
                (
                    "required_fields",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        default=list,
                        verbose_name="fields to fill before entering",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="archived")),
                (
                    "pipeline",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stages",
                        to="deals.pipeline",
                        verbose_name="pipeline",
                    ),
                ),
            ],
            options={
                "verbose_name": "stage",
                "verbose_name_plural": "stages",
                "ordering": ["pipeline", "position"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("archived_at__isnull", True)),
                        fields=("pipeline", "name"),
                        name="stage_name_in_pipeline",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind_of", "won")), fields=("pipeline",), name="stage_one_won"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind_of", "lost")), fields=("pipeline",), name="stage_one_lost"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("probability__lte", 100),
                            models.Q(
                                ("kind_of", "open"),
                                models.Q(("kind_of", "won"), ("probability", 100)),
                                models.Q(("kind_of", "lost"), ("probability", 0)),
                                _connector="OR",
                            ),
                        ),
                        name="stage_probability_fits_kind",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StageHistory",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("recorded_at", models.DateTimeField(db_default=crm.kernel.core.history.ClockTimestamp())),
                ("id", models.UUIDField(default=crm.kernel.core.ids.uuid7, editable=False, serialize=False)),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("description", models.CharField(blank=True, max_length=300, verbose_name="what it means")),
                (
                    "kind_of",
                    models.CharField(
                        choices=[("open", "Open"), ("won", "Won"), ("lost", "Lost")],
                        default="open",
                        max_length=4,
                        verbose_name="kind",
                    ),
                ),
                (
                    "probability",
                    models.PositiveSmallIntegerField(
                        validators=[django.core.validators.MaxValueValidator(100)], verbose_name="probability, %"
                    ),
                ),
                (
                    "forecast_category",
                    models.CharField(
                        choices=[
                            ("omitted", "Omitted"),
                            ("pipeline", "Pipeline"),
                            ("best_case", "Best case"),
                            ("commit", "Commit"),
                        ],
                        default="pipeline",
                        max_length=10,
                        verbose_name="forecast category",
                    ),
                ),
                (
                    "idle_days",
                    models.PositiveSmallIntegerField(
                        default=14,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(365),
                        ],
                        verbose_name="gone quiet after days",
                    ),
                ),
                (
                    "required_fields",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        default=list,
                        verbose_name="fields to fill before entering",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="archived")),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        related_query_name="+",
                        to="deals.stage",
                    ),
                ),
                (
                    "pipeline",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="deals.pipeline",
                        verbose_name="pipeline",
                    ),
                ),
            ],
            options={
                "verbose_name": "stage history",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["pgh_obj", "pgh_id"], name="deals_stage_h_obj"),
                    models.Index(fields=["pgh_context"], name="deals_stage_h_set"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Deal",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=crm.kernel.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="created"),
                ),
                (
                    "updated_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="changed"),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "binned_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="in the bin since"),
                ),
                (
                    "import_source",
                    models.CharField(blank=True, editable=False, max_length=60, verbose_name="imported from"),
                ),
                ("external_id", models.CharField(blank=True, editable=False, max_length=200, verbose_name="id there")),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                (
                    "amount",
                    models.DecimalField(blank=True, decimal_places=3, max_digits=16, null=True, verbose_name="amount"),
                ),
                (
                    "currency",
                    models.CharField(
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}\\Z", "Type a currency code of three capital letters, such as USD."
                            )
                        ],
                        verbose_name="currency",
                    ),
                ),
                ("expected_close", models.DateField(blank=True, null=True, verbose_name="expected close")),
                ("source", models.CharField(blank=True, max_length=80, verbose_name="source")),
                ("description", models.TextField(blank=True, max_length=10000, verbose_name="about")),
                (
                    "forecast_category",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("omitted", "Omitted"),
                            ("pipeline", "Pipeline"),
                            ("best_case", "Best case"),
                            ("commit", "Commit"),
                        ],
                        max_length=10,
                        verbose_name="forecast category",
                    ),
                ),
                (
                    "probability",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(100)],
                        verbose_name="own probability, %",
                    ),
                ),
                ("lost_comment", models.TextField(blank=True, max_length=2000, verbose_name="what happened")),
                (
                    "stage_entered_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="in stage since"
                    ),
                ),
                (
                    "closed_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="close recorded"),
                ),
                ("closed_on", models.DateField(blank=True, null=True, verbose_name="closed on")),
                (
                    "created_unknown",
                    models.BooleanField(default=False, editable=False, verbose_name="creation date unknown"),
                ),
                ("snoozed_until", models.DateField(blank=True, null=True, verbose_name="snoozed until")),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=50), blank=True, default=list, verbose_name="tags"
                    ),
                ),
                (
                    "sort_title",
                    models.GeneratedField(
                        db_persist=True,
                        expression=crm.kernel.core.fields.Fold("title"),
                        output_field=models.TextField(),
                    ),
                ),
                ("search_text", models.TextField(default="", editable=False)),
                ("last_activity_at", models.DateTimeField(editable=False, null=True, verbose_name="last activity")),
                ("last_worked_at", models.DateTimeField(editable=False, null=True, verbose_name="last worked")),
                ("next_step_at", models.DateTimeField(editable=False, null=True, verbose_name="next step")),
                ("next_step_due", models.DateField(editable=False, null=True)),
                ("next_step_type", models.CharField(default="", editable=False, max_length=12)),
                ("next_step_text", models.CharField(default="", editable=False, max_length=200)),
                (
                    "company",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="deals",
                        to="contacts.company",
                        verbose_name="company",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deals",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "lost_reason",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deals",
                        to="deals.lostreason",
                        verbose_name="lost reason",
                    ),
                ),
                (
                    "pipeline",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deals",
                        to="deals.pipeline",
                        verbose_name="pipeline",
                    ),
                ),
                (
                    "stage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deals",
                        to="deals.stage",
                        verbose_name="stage",
                    ),
                ),
            ],
            options={
                "verbose_name": "deal",
                "verbose_name_plural": "deals",
                "indexes": [
                    models.Index(
                        condition=models.Q(("binned_at__isnull", True)),
                        fields=["stage", "expected_close", "id"],
                        name="deal_stage_close",
                    ),
                    models.Index(
                        condition=models.Q(("binned_at__isnull", True)),
                        fields=["stage"],
                        include=("owner", "amount", "currency", "probability", "closed_on"),
                        name="deal_stage_totals",
                    ),
                    models.Index(
                        condition=models.Q(("binned_at__isnull", True)),
                        fields=["stage", "-closed_on", "-id"],
                        name="deal_stage_closed",
                    ),
                    models.Index(
                        condition=models.Q(("binned_at__isnull", True)),
                        fields=["owner", "closed_at"],
                        name="deal_owner",
                    ),
                    models.Index(fields=["company"], name="deal_company"),
                    models.Index(
                        condition=models.Q(("binned_at__isnull", True)),
                        fields=["-created_at", "-id"],
                        name="deal_created",
                    ),
                    models.Index(
                        condition=models.Q(("binned_at__isnull", True)), fields=["sort_title", "id"], name="deal_title"
                    ),
                    models.Index(
                        condition=models.Q(("binned_at__isnull", False)), fields=["binned_at"], name="deal_bin"
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.indexes.OpClass(models.F("search_text"), "gin_trgm_ops"),
                        name="deal_search",
                    ),
                    django.contrib.postgres.indexes.GinIndex(fields=["tags"], name="deal_tags"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount__isnull", True), ("amount__gte", 0), _connector="OR"),
                        name="deal_amount_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("probability__isnull", True), ("probability__lte", 100), _connector="OR"),
                        name="deal_probability_percent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", True), ("closed_on__isnull", True)),
                            models.Q(("closed_at__isnull", False), ("closed_on__isnull", False)),
                            _connector="OR",
                        ),
                        name="deal_closed_both_or_neither",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("external_id", ""), _negated=True),
                        fields=("import_source", "external_id"),
                        name="deal_external_id",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StageChange",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=crm.kernel.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="at")),
                ("until", models.DateTimeField(null=True, verbose_name="until")),
                ("undone_at", models.DateTimeField(null=True, verbose_name="undone")),
                ("actor_label", models.CharField(blank=True, max_length=200)),
                ("amount", models.DecimalField(decimal_places=3, max_digits=16, null=True)),
                ("currency", models.CharField(max_length=3)),
                ("probability", models.PositiveSmallIntegerField()),
                ("category", models.CharField(max_length=10)),
                (
                    "deal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="stage_changes", to="deals.deal"
                    ),
                ),
                (
                    "from_stage",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="deals.stage"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "pipeline",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="deals.pipeline"
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="users.team"
                    ),
                ),
                (
                    "to_stage",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="deals.stage"),
                ),
                (
                    "undoes",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="undone_by",
                        to="deals.stagechange",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "stage change",
                "verbose_name_plural": "stage changes",
                "indexes": [
                    models.Index(fields=["deal", "at"], name="stagechange_deal"),
                    models.Index(fields=["to_stage", "at"], name="stagechange_stage"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("until__isnull", True), ("until__gt", models.F("at")), _connector="OR"),
                        name="stagechange_not_empty",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("until__isnull", True)), fields=("deal",), name="stagechange_one_running"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DealContact",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=crm.kernel.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("role", models.CharField(blank=True, max_length=60, verbose_name="role")),
                ("primary", models.BooleanField(default=False, verbose_name="primary")),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deal_roles", to="contacts.contact"
                    ),
                ),
                (
                    "deal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="people", to="deals.deal"
                    ),
                ),
            ],
            options={
                "verbose_name": "person in the deal",
                "verbose_name_plural": "people in the deal",
                "constraints": [
                    models.UniqueConstraint(fields=("deal", "contact"), name="dealcontact_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("primary", True)), fields=("deal",), name="dealcontact_one_primary"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DealHistory",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("recorded_at", models.DateTimeField(db_default=crm.kernel.core.history.ClockTimestamp())),
                ("id", models.UUIDField(default=crm.kernel.core.ids.uuid7, editable=False, serialize=False)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="created"),
                ),
                (
                    "binned_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="in the bin since"),
                ),
                (
                    "import_source",
                    models.CharField(blank=True, editable=False, max_length=60, verbose_name="imported from"),
                ),
                ("external_id", models.CharField(blank=True, editable=False, max_length=200, verbose_name="id there")),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                (
                    "amount",
                    models.DecimalField(blank=True, decimal_places=3, max_digits=16, null=True, verbose_name="amount"),
                ),
                (
                    "currency",
                    models.CharField(
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}\\Z", "Type a currency code of three capital letters, such as USD."
                            )
                        ],
                        verbose_name="currency",
                    ),
                ),
                ("expected_close", models.DateField(blank=True, null=True, verbose_name="expected close")),
                ("source", models.CharField(blank=True, max_length=80, verbose_name="source")),
                ("description", models.TextField(blank=True, max_length=10000, verbose_name="about")),
                (
                    "forecast_category",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("omitted", "Omitted"),
                            ("pipeline", "Pipeline"),
                            ("best_case", "Best case"),
                            ("commit", "Commit"),
                        ],
                        max_length=10,
                        verbose_name="forecast category",
                    ),
                ),
                (
                    "probability",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(100)],
                        verbose_name="own probability, %",
                    ),
                ),
                ("lost_comment", models.TextField(blank=True, max_length=2000, verbose_name="what happened")),
                (
                    "stage_entered_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="in stage since"
                    ),
                ),
                (
                    "closed_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="close recorded"),
                ),
                ("closed_on", models.DateField(blank=True, null=True, verbose_name="closed on")),
                (
                    "created_unknown",
                    models.BooleanField(default=False, editable=False, verbose_name="creation date unknown"),
                ),
                ("snoozed_until", models.DateField(blank=True, null=True, verbose_name="snoozed until")),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=50), blank=True, default=list, verbose_name="tags"
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="contacts.company",
                        verbose_name="company",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        related_query_name="+",
                        to="deals.deal",
                    ),
                ),
                (
                    "lost_reason",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="deals.lostreason",
                        verbose_name="lost reason",
                    ),
                ),
                (
                    "pipeline",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="deals.pipeline",
                        verbose_name="pipeline",
                    ),
                ),
                (
                    "stage",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="deals.stage",
                        verbose_name="stage",
                    ),
                ),
            ],
            options={
                "verbose_name": "deal history",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["pgh_obj", "pgh_id"], name="deals_deal_h_obj"),
                    models.Index(fields=["pgh_context"], name="deals_deal_h_set"),
                ],
            },
        ),
        migrations.CreateModel(
            name="StageChangeHistory",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("recorded_at", models.DateTimeField(db_default=crm.kernel.core.history.ClockTimestamp())),
                ("id", models.UUIDField(default=crm.kernel.core.ids.uuid7, editable=False, serialize=False)),
                ("at", models.DateTimeField(verbose_name="at")),
                ("until", models.DateTimeField(null=True, verbose_name="until")),
                ("undone_at", models.DateTimeField(null=True, verbose_name="undone")),
                ("actor_label", models.CharField(blank=True, max_length=200)),
                ("amount", models.DecimalField(decimal_places=3, max_digits=16, null=True)),
                ("currency", models.CharField(max_length=3)),
                ("probability", models.PositiveSmallIntegerField()),
                ("category", models.CharField(max_length=10)),
                (
                    "deal",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="deals.deal",
                    ),
                ),
                (
                    "from_stage",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="deals.stage",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        related_query_name="+",
                        to="deals.stagechange",
                    ),
                ),
                (
                    "pipeline",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="deals.pipeline",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="users.team",
                    ),
                ),
                (
                    "to_stage",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="deals.stage",
                    ),
                ),
                (
                    "undoes",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="deals.stagechange",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "stage change history",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["pgh_obj", "pgh_id"], name="deals_stagechange_h_obj"),
                    models.Index(fields=["pgh_context"], name="deals_stagechange_h_set"),
                    models.Index(fields=["deal", "pgh_id"], name="deals_stagechange_h_par"),
                ],
            },
        ),
        migrations.CreateModel(
            name="DealContactHistory",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("recorded_at", models.DateTimeField(db_default=crm.kernel.core.history.ClockTimestamp())),
                ("id", models.UUIDField(default=crm.kernel.core.ids.uuid7, editable=False, serialize=False)),
                ("role", models.CharField(blank=True, max_length=60, verbose_name="role")),
                ("primary", models.BooleanField(default=False, verbose_name="primary")),
                (
                    "contact",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="contacts.contact",
                    ),
                ),
                (
                    "deal",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="deals.deal",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        related_query_name="+",
                        to="deals.dealcontact",
                    ),
                ),
            ],
            options={
                "verbose_name": "person in the deal history",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["pgh_obj", "pgh_id"], name="deals_dealcontact_h_obj"),
                    models.Index(fields=["pgh_context"], name="deals_dealcontact_h_set"),
                    models.Index(fields=["deal", "pgh_id"], name="deals_dealcontact_h_par"),
                ],
            },
        ),
        migrations.AddField(
            model_name="deal",
            name="contacts",
            field=models.ManyToManyField(related_name="deals", through="deals.DealContact", to="contacts.contact"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="lostreason",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "deals_lostreasonhistory" ("archived_at", "id", "name", "not_a_loss", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position") VALUES (NEW."archived_at", NEW."id", NEW."name", NEW."not_a_loss", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'insert\', NEW."id", NEW."position"); RETURN NULL;',
                    hash="a9002c35c562709f11fff7b0c192144cab7d3bd3",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_adf15",
                    table="deals_lostreason",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="lostreason",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "deals_lostreasonhistory" ("archived_at", "id", "name", "not_a_loss", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position") VALUES (NEW."archived_at", NEW."id", NEW."name", NEW."not_a_loss", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'update\', NEW."id", NEW."position"); RETURN NULL;',
                    hash="b4cbd7a46d99ae86a58ee8546f7a02bfa5ae4a32",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_85ea0",
                    table="deals_lostreason",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="lostreason",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "deals_lostreasonhistory" ("archived_at", "id", "name", "not_a_loss", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position") VALUES (OLD."archived_at", OLD."id", OLD."name", OLD."not_a_loss", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'delete\', OLD."id", OLD."position"); RETURN NULL;',
                    hash="e009438bc8cfcb926fdfbfb6aa9712b3a0aeb97e",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_538c3",
                    table="deals_lostreason",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pipeline",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "deals_pipelinehistory" ("archived_at", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position") VALUES (NEW."archived_at", NEW."id", NEW."name", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'insert\', NEW."id", NEW."position"); RETURN NULL;',
                    hash="1055f3650d102850fbda16dcfb10aa87007b89b6",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_59833",
                    table="deals_pipeline",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pipeline",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "deals_pipelinehistory" ("archived_at", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position") VALUES (NEW."archived_at", NEW."id", NEW."name", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'update\', NEW."id", NEW."position"); RETURN NULL;',
                    hash="0007e20b0a1f827554a83a8a58e55977eeeb66d2",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_25979",
                    table="deals_pipeline",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pipeline",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "deals_pipelinehistory" ("archived_at", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position") VALUES (OLD."archived_at", OLD."id", OLD."name", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'delete\', OLD."id", OLD."position"); RETURN NULL;',
                    hash="c2ef7e13c47b17b08e247c01bd5cf2c1b730f237",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_3e785",
                    table="deals_pipeline",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="dealcontact",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "deals_dealcontacthistory" ("contact_id", "deal_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "primary", "role") VALUES (NEW."contact_id", NEW."deal_id", NEW."id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'insert\', NEW."id", NEW."primary", NEW."role"); RETURN NULL;',
                    hash="84c97c0504218762028e9c09674a065c58e57663",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_8efbc",
                    table="deals_dealcontact",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="dealcontact",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "deals_dealcontacthistory" ("contact_id", "deal_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "primary", "role") VALUES (NEW."contact_id", NEW."deal_id", NEW."id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'update\', NEW."id", NEW."primary", NEW."role"); RETURN NULL;',
                    hash="0adb33ab4f76915d27c61afcff589399afa27681",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_fd2a7",
                    table="deals_dealcontact",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="dealcontact",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "deals_dealcontacthistory" ("contact_id", "deal_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "primary", "role") VALUES (OLD."contact_id", OLD."deal_id", OLD."id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'delete\', OLD."id", OLD."primary", OLD."role"); RETURN NULL;',
                    hash="7c4418becca4e1769a092d72921565e5c822a9c7",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_10f46",
                    table="deals_dealcontact",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stage",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "deals_stagehistory" ("archived_at", "description", "forecast_category", "id", "idle_days", "kind_of", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pipeline_id", "position", "probability", "required_fields") VALUES (NEW."archived_at", NEW."description", NEW."forecast_category", NEW."id", NEW."idle_days", NEW."kind_of", NEW."name", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'insert\', NEW."id", NEW."pipeline_id", NEW."position", NEW."probability", NEW."required_fields"); RETURN NULL;',
                    hash="1c7f9adbd21fb7d0416034f4cfd1af45106e10e0",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_684f6",
                    table="deals_stage",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stage",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "deals_stagehistory" ("archived_at", "description", "forecast_category", "id", "idle_days", "kind_of", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pipeline_id", "position", "probability", "required_fields") VALUES (NEW."archived_at", NEW."description", NEW."forecast_category", NEW."id", NEW."idle_days", NEW."kind_of", NEW."name", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'update\', NEW."id", NEW."pipeline_id", NEW."position", NEW."probability", NEW."required_fields"); RETURN NULL;',
                    hash="c5cb115fd96d32363cdf183e96303d754c88eb75",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_554d3",
                    table="deals_stage",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stage",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "deals_stagehistory" ("archived_at", "description", "forecast_category", "id", "idle_days", "kind_of", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pipeline_id", "position", "probability", "required_fields") VALUES (OLD."archived_at", OLD."description", OLD."forecast_category", OLD."id", OLD."idle_days", OLD."kind_of", OLD."name", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'delete\', OLD."id", OLD."pipeline_id", OLD."position", OLD."probability", OLD."required_fields"); RETURN NULL;',
                    hash="a4e943bb015821cbe11dc7eca8be31dfd83b318b",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_51972",
                    table="deals_stage",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="deal",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "deals_dealhistory" ("amount", "binned_at", "closed_at", "closed_on", "company_id", "created_at", "created_unknown", "currency", "description", "expected_close", "external_id", "forecast_category", "id", "import_source", "lost_comment", "lost_reason_id", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pipeline_id", "probability", "snoozed_until", "source", "stage_entered_at", "stage_id", "tags", "title") VALUES (NEW."amount", NEW."binned_at", NEW."closed_at", NEW."closed_on", NEW."company_id", NEW."created_at", NEW."created_unknown", NEW."currency", NEW."description", NEW."expected_close", NEW."external_id", NEW."forecast_category", NEW."id", NEW."import_source", NEW."lost_comment", NEW."lost_reason_id", NEW."owner_id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'insert\', NEW."id", NEW."pipeline_id", NEW."probability", NEW."snoozed_until", NEW."source", NEW."stage_entered_at", NEW."stage_id", NEW."tags", NEW."title"); RETURN NULL;',
                    hash="36e88c0070c076c00ae02455b5ec052b0f16cad7",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_107f7",
                    table="deals_deal",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="deal",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."amount" IS DISTINCT FROM (NEW."amount") OR OLD."binned_at" IS DISTINCT FROM (NEW."binned_at") OR OLD."closed_at" IS DISTINCT FROM (NEW."closed_at") OR OLD."closed_on" IS DISTINCT FROM (NEW."closed_on") OR OLD."company_id" IS DISTINCT FROM (NEW."company_id") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_unknown" IS DISTINCT FROM (NEW."created_unknown") OR OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."expected_close" IS DISTINCT FROM (NEW."expected_close") OR OLD."external_id" IS DISTINCT FROM (NEW."external_id") OR OLD."forecast_category" IS DISTINCT FROM (NEW."forecast_category") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."import_source" IS DISTINCT FROM (NEW."import_source") OR OLD."lost_comment" IS DISTINCT FROM (NEW."lost_comment") OR OLD."lost_reason_id" IS DISTINCT FROM (NEW."lost_reason_id") OR OLD."owner_id" IS DISTINCT FROM (NEW."owner_id") OR OLD."pipeline_id" IS DISTINCT FROM (NEW."pipeline_id") OR OLD."probability" IS DISTINCT FROM (NEW."probability") OR OLD."snoozed_until" IS DISTINCT FROM (NEW."snoozed_until") OR OLD."source" IS DISTINCT FROM (NEW."source") OR OLD."stage_id" IS DISTINCT FROM (NEW."stage_id") OR OLD."stage_entered_at" IS DISTINCT FROM (NEW."stage_entered_at") OR OLD."tags" IS DISTINCT FROM (NEW."tags") OR OLD."title" IS DISTINCT FROM (NEW."title"))',
                    func='INSERT INTO "deals_dealhistory" ("amount", "binned_at", "closed_at", "closed_on", "company_id", "created_at", "created_unknown", "currency", "description", "expected_close", "external_id", "forecast_category", "id", "import_source", "lost_comment", "lost_reason_id", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pipeline_id", "probability", "snoozed_until", "source", "stage_entered_at", "stage_id", "tags", "title") VALUES (NEW."amount", NEW."binned_at", NEW."closed_at", NEW."closed_on", NEW."company_id", NEW."created_at", NEW."created_unknown", NEW."currency", NEW."description", NEW."expected_close", NEW."external_id", NEW."forecast_category", NEW."id", NEW."import_source", NEW."lost_comment", NEW."lost_reason_id", NEW."owner_id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'update\', NEW."id", NEW."pipeline_id", NEW."probability", NEW."snoozed_until", NEW."source", NEW."stage_entered_at", NEW."stage_id", NEW."tags", NEW."title"); RETURN NULL;',
                    hash="72e6ace4c9377ee3d073804f8b2282b8595c2c32",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_e9aad",
                    table="deals_deal",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="deal",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "deals_dealhistory" ("amount", "binned_at", "closed_at", "closed_on", "company_id", "created_at", "created_unknown", "currency", "description", "expected_close", "external_id", "forecast_category", "id", "import_source", "lost_comment", "lost_reason_id", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pipeline_id", "probability", "snoozed_until", "source", "stage_entered_at", "stage_id", "tags", "title") VALUES (OLD."amount", OLD."binned_at", OLD."closed_at", OLD."closed_on", OLD."company_id", OLD."created_at", OLD."created_unknown", OLD."currency", OLD."description", OLD."expected_close", OLD."external_id", OLD."forecast_category", OLD."id", OLD."import_source", OLD."lost_comment", OLD."lost_reason_id", OLD."owner_id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'delete\', OLD."id", OLD."pipeline_id", OLD."probability", OLD."snoozed_until", OLD."source", OLD."stage_entered_at", OLD."stage_id", OLD."tags", OLD."title"); RETURN NULL;',
                    hash="6fe59d4113f4bb29215c3a10bffa9ff6cc8a48fb",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_8271c",
                    table="deals_deal",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stagechange",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "deals_stagechangehistory" ("actor_label", "amount", "at", "category", "currency", "deal_id", "from_stage_id", "id", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pipeline_id", "probability", "team_id", "to_stage_id", "undoes_id", "undone_at", "until", "user_id") VALUES (NEW."actor_label", NEW."amount", NEW."at", NEW."category", NEW."currency", NEW."deal_id", NEW."from_stage_id", NEW."id", NEW."owner_id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'insert\', NEW."id", NEW."pipeline_id", NEW."probability", NEW."team_id", NEW."to_stage_id", NEW."undoes_id", NEW."undone_at", NEW."until", NEW."user_id"); RETURN NULL;',
                    hash="c454b02628d2bc577550133900446da4952d1add",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_e306c",
                    table="deals_stagechange",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stagechange",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "deals_stagechangehistory" ("actor_label", "amount", "at", "category", "currency", "deal_id", "from_stage_id", "id", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pipeline_id", "probability", "team_id", "to_stage_id", "undoes_id", "undone_at", "until", "user_id") VALUES (NEW."actor_label", NEW."amount", NEW."at", NEW."category", NEW."currency", NEW."deal_id", NEW."from_stage_id", NEW."id", NEW."owner_id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'update\', NEW."id", NEW."pipeline_id", NEW."probability", NEW."team_id", NEW."to_stage_id", NEW."undoes_id", NEW."undone_at", NEW."until", NEW."user_id"); RETURN NULL;',
                    hash="e2c533565d0728c0cfbb687d181875cb8318a6d0",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_ecc22",
                    table="deals_stagechange",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stagechange",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "deals_stagechangehistory" ("actor_label", "amount", "at", "category", "currency", "deal_id", "from_stage_id", "id", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pipeline_id", "probability", "team_id", "to_stage_id", "undoes_id", "undone_at", "until", "user_id") VALUES (OLD."actor_label", OLD."amount", OLD."at", OLD."category", OLD."currency", OLD."deal_id", OLD."from_stage_id", OLD."id", OLD."owner_id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'delete\', OLD."id", OLD."pipeline_id", OLD."probability", OLD."team_id", OLD."to_stage_id", OLD."undoes_id", OLD."undone_at", OLD."until", OLD."user_id"); RETURN NULL;',
                    hash="f3fc29cfa356f2abc088818cf67037d8fead3931",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_abbf3",
                    table="deals_stagechange",
                    when="AFTER",
                ),
            ),
        ),
    ]
