import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import crm.kernel.core.history
import crm.kernel.core.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("contacts", "0001_initial"),
        ("core", "0001_database"),
        ("deals", "0001_initial"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("users", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Activity",
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
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("call", "Call"),
                            ("email", "E-mail"),
                            ("meeting", "Meeting"),
                            ("note", "Note"),
                            ("system", "System"),
                        ],
                        max_length=8,
                        verbose_name="type",
                    ),
                ),
                ("subject", models.CharField(blank=True, max_length=300, verbose_name="subject")),
                ("body", models.TextField(blank=True, max_length=50000, verbose_name="text")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
                ("scheduled_at", models.DateTimeField(blank=True, null=True, verbose_name="planned for")),
                ("scheduled_on", models.DateField(blank=True, null=True, verbose_name="all day on")),
                ("completed_at", models.DateTimeField(blank=True, null=True, verbose_name="done")),
                ("duration", models.PositiveIntegerField(blank=True, null=True, verbose_name="minutes")),
                (
                    "direction",
                    models.CharField(
                        blank=True,
                        choices=[("out", "Outgoing"), ("in", "Incoming")],
                        max_length=3,
                        verbose_name="direction",
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("held", "Held"),
                            ("no_show", "No-show"),
                            ("cancelled", "Cancelled"),
                            ("reached", "Reached"),
                            ("no_answer", "No answer"),
                        ],
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                ("pinned_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="pinned")),
                ("system", models.CharField(blank=True, editable=False, max_length=30)),
                ("data", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "company",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="activities",
                        to="contacts.company",
                        verbose_name="company",
                    ),
                ),
                (
                    "deal",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="activities",
                        to="deals.deal",
                        verbose_name="deal",
                    ),
                ),
                (
                    "stage_change",
                    models.OneToOneField(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="timeline_entry",
                        to="deals.stagechange",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="activities",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "activity",
                "verbose_name_plural": "activities",
                "indexes": [
                    models.Index(
                        condition=models.Q(("deal__isnull", False)), fields=["deal", "-at", "-id"], name="activity_deal"
                    ),
                    models.Index(
                        condition=models.Q(("company__isnull", False)),
                        fields=["company", "-at", "-id"],
                        name="activity_company",
                    ),
                    models.Index(
                        condition=models.Q(("type", "system"), _negated=True),
                        fields=["user", "-at", "-id"],
                        name="activity_user",
                    ),
                    models.Index(
                        condition=models.Q(("type", "system"), _negated=True),
                        fields=["-at", "-id"],
                        name="activity_all",
                    ),
                    models.Index(
                        condition=models.Q(("binned_at__isnull", True), ("completed_at__isnull", True)),
                        fields=["user", "scheduled_at"],
                        name="activity_planned",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("type", "system"), _negated=True),
                            models.Q(("system", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="activity_system_says_what",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("external_id", ""), _negated=True),
                        fields=("import_source", "external_id"),
                        name="activity_external_id",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Task",
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
                ("notes", models.TextField(blank=True, max_length=10000, verbose_name="notes")),
                (
                    "type",
                    models.CharField(
                        choices=[("todo", "To do"), ("call", "Call"), ("email", "E-mail"), ("meeting", "Meeting")],
                        default="todo",
                        max_length=8,
                        verbose_name="type",
                    ),
                ),
                (
                    "priority",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "Low"), (2, "Normal"), (3, "High")], default=2, verbose_name="priority"
                    ),
                ),
                ("due_on", models.DateField(blank=True, null=True, verbose_name="due")),
                ("due_at", models.DateTimeField(blank=True, null=True, verbose_name="due at")),
                ("remind_at", models.DateTimeField(blank=True, null=True, verbose_name="remind at")),
                ("reminded_at", models.DateTimeField(editable=False, null=True)),
                ("done_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="done")),
                (
                    "assignee",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tasks",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="assignee",
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="tasks",
                        to="contacts.company",
                        verbose_name="company",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="tasks",
                        to="contacts.contact",
                        verbose_name="contact",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "deal",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="tasks",
                        to="deals.deal",
                        verbose_name="deal",
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "task",
                "verbose_name_plural": "tasks",
                "indexes": [
                    models.Index(
                        condition=models.Q(("binned_at__isnull", True), ("done_at__isnull", True)),
                        fields=["assignee", "due_on", "id"],
                        name="task_open",
                    ),
                    models.Index(
                        condition=models.Q(("done_at__isnull", False)),
                        fields=["assignee", "-done_at"],
                        name="task_done",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("binned_at__isnull", True), ("done_at__isnull", True), ("reminded_at__isnull", True)
                        ),
                        fields=["remind_at"],
                        name="task_to_remind",
                    ),
                    models.Index(
                        condition=models.Q(("deal__isnull", False)), fields=["deal", "due_on"], name="task_deal"
                    ),
                    models.Index(
                        condition=models.Q(("contact__isnull", False)),
                        fields=["contact", "due_on"],
                        name="task_contact",
                    ),
                    models.Index(
                        condition=models.Q(("company__isnull", False)),
                        fields=["company", "due_on"],
                        name="task_company",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("due_at__isnull", True), ("due_on__isnull", False), _connector="OR"),
                        name="task_time_needs_a_day",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("external_id", ""), _negated=True),
                        fields=("import_source", "external_id"),
                        name="task_external_id",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ActivityContact",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=crm.kernel.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "activity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contact_links",
                        to="activities.activity",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="activity_links",
                        to="contacts.contact",
                    ),
                ),
            ],
            options={
                "verbose_name": "person in the activity",
                "verbose_name_plural": "people in the activity",
                "indexes": [models.Index(fields=["contact", "-at", "-activity"], name="activitycontact_timeline")],
                "constraints": [models.UniqueConstraint(fields=("activity", "contact"), name="activitycontact_once")],
            },
        ),
        migrations.CreateModel(
            name="ActivityHistory",
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
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("call", "Call"),
                            ("email", "E-mail"),
                            ("meeting", "Meeting"),
                            ("note", "Note"),
                            ("system", "System"),
                        ],
                        max_length=8,
                        verbose_name="type",
                    ),
                ),
                ("subject", models.CharField(blank=True, max_length=300, verbose_name="subject")),
                ("body", models.TextField(blank=True, max_length=50000, verbose_name="text")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
                ("scheduled_at", models.DateTimeField(blank=True, null=True, verbose_name="planned for")),
                ("scheduled_on", models.DateField(blank=True, null=True, verbose_name="all day on")),
                ("completed_at", models.DateTimeField(blank=True, null=True, verbose_name="done")),
                ("duration", models.PositiveIntegerField(blank=True, null=True, verbose_name="minutes")),
                (
                    "direction",
                    models.CharField(
                        blank=True,
                        choices=[("out", "Outgoing"), ("in", "Incoming")],
                        max_length=3,
                        verbose_name="direction",
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("held", "Held"),
                            ("no_show", "No-show"),
                            ("cancelled", "Cancelled"),
                            ("reached", "Reached"),
                            ("no_answer", "No answer"),
                        ],
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                ("pinned_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="pinned")),
                ("system", models.CharField(blank=True, editable=False, max_length=30)),
                ("data", models.JSONField(blank=True, default=dict, editable=False)),
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
                    "deal",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="deals.deal",
                        verbose_name="deal",
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
                        to="activities.activity",
                    ),
                ),
                (
                    "stage_change",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        editable=False,
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
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "activity history",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["pgh_obj", "pgh_id"], name="activiti_activity_h_obj"),
                    models.Index(fields=["pgh_context"], name="activiti_activity_h_set"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ActivityMention",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=crm.kernel.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "activity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="mentions", to="activities.activity"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "mention",
                "verbose_name_plural": "mentions",
                "constraints": [models.UniqueConstraint(fields=("activity", "user"), name="activitymention_once")],
            },
        ),
        migrations.CreateModel(
            name="TaskHistory",
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
                ("notes", models.TextField(blank=True, max_length=10000, verbose_name="notes")),
                (
                    "type",
                    models.CharField(
                        choices=[("todo", "To do"), ("call", "Call"), ("email", "E-mail"), ("meeting", "Meeting")],
                        default="todo",
                        max_length=8,
                        verbose_name="type",
                    ),
                ),
                (
                    "priority",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "Low"), (2, "Normal"), (3, "High")], default=2, verbose_name="priority"
                    ),
                ),
                ("due_on", models.DateField(blank=True, null=True, verbose_name="due")),
                ("due_at", models.DateTimeField(blank=True, null=True, verbose_name="due at")),
                ("remind_at", models.DateTimeField(blank=True, null=True, verbose_name="remind at")),
                ("done_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="done")),
                (
                    "assignee",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="assignee",
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
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="contacts.contact",
                        verbose_name="contact",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "deal",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="deals.deal",
                        verbose_name="deal",
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        null=True,
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
                        to="activities.task",
                    ),
                ),
            ],
            options={
                "verbose_name": "task history",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["pgh_obj", "pgh_id"], name="activiti_task_h_obj"),
                    models.Index(fields=["pgh_context"], name="activiti_task_h_set"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ActivityContactHistory",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("recorded_at", models.DateTimeField(db_default=crm.kernel.core.history.ClockTimestamp())),
                ("id", models.UUIDField(default=crm.kernel.core.ids.uuid7, editable=False, serialize=False)),
                ("at", models.DateTimeField()),
                (
                    "activity",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="activities.activity",
                    ),
                ),
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
                        to="activities.activitycontact",
                    ),
                ),
            ],
            options={
                "verbose_name": "person in the activity history",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["pgh_obj", "pgh_id"], name="activiti_activitycont_h_obj"),
                    models.Index(fields=["pgh_context"], name="activiti_activitycont_h_set"),
                    models.Index(fields=["activity", "pgh_id"], name="activiti_activitycont_h_par"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ActivityMentionHistory",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("recorded_at", models.DateTimeField(db_default=crm.kernel.core.history.ClockTimestamp())),
                ("id", models.UUIDField(default=crm.kernel.core.ids.uuid7, editable=False, serialize=False)),
                (
                    "activity",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="activities.activity",
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
                        to="activities.activitymention",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "mention history",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["pgh_obj", "pgh_id"], name="activiti_activityment_h_obj"),
                    models.Index(fields=["pgh_context"], name="activiti_activityment_h_set"),
                    models.Index(fields=["activity", "pgh_id"], name="activiti_activityment_h_par"),
                ],
            },
        ),
        migrations.AddField(
            model_name="activity",
            name="contacts",
            field=models.ManyToManyField(
                related_name="activities", through="activities.ActivityContact", to="contacts.contact"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="activitycontact",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "activities_activitycontacthistory" ("activity_id", "at", "contact_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."activity_id", NEW."at", NEW."contact_id", NEW."id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'insert\', NEW."id"); RETURN NULL;',
                    hash="b1a0395e2adc0572fa76c9cf8fd168b3a64da677",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_82120",
                    table="activities_activitycontact",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="activitycontact",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "activities_activitycontacthistory" ("activity_id", "at", "contact_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."activity_id", NEW."at", NEW."contact_id", NEW."id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'update\', NEW."id"); RETURN NULL;',
                    hash="2b5cabd86350eb9e3ed1cae255bc5074ad018058",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_6470b",
                    table="activities_activitycontact",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="activitycontact",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "activities_activitycontacthistory" ("activity_id", "at", "contact_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."activity_id", OLD."at", OLD."contact_id", OLD."id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'delete\', OLD."id"); RETURN NULL;',
                    hash="5712b24b5e6dc61b78a6ce2acb2c1be0a935197e",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_c82bd",
                    table="activities_activitycontact",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="activity",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "activities_activityhistory" ("at", "binned_at", "body", "company_id", "completed_at", "created_at", "data", "deal_id", "direction", "duration", "external_id", "id", "import_source", "outcome", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pinned_at", "scheduled_at", "scheduled_on", "stage_change_id", "subject", "system", "type", "user_id") VALUES (NEW."at", NEW."binned_at", NEW."body", NEW."company_id", NEW."completed_at", NEW."created_at", NEW."data", NEW."deal_id", NEW."direction", NEW."duration", NEW."external_id", NEW."id", NEW."import_source", NEW."outcome", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'insert\', NEW."id", NEW."pinned_at", NEW."scheduled_at", NEW."scheduled_on", NEW."stage_change_id", NEW."subject", NEW."system", NEW."type", NEW."user_id"); RETURN NULL;',
                    hash="a1c56a0107b8e2c08d2116604ba954c53874ff8e",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_6de9c",
                    table="activities_activity",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="activity",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."at" IS DISTINCT FROM (NEW."at") OR OLD."binned_at" IS DISTINCT FROM (NEW."binned_at") OR OLD."body" IS DISTINCT FROM (NEW."body") OR OLD."company_id" IS DISTINCT FROM (NEW."company_id") OR OLD."completed_at" IS DISTINCT FROM (NEW."completed_at") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."data" IS DISTINCT FROM (NEW."data") OR OLD."deal_id" IS DISTINCT FROM (NEW."deal_id") OR OLD."direction" IS DISTINCT FROM (NEW."direction") OR OLD."duration" IS DISTINCT FROM (NEW."duration") OR OLD."external_id" IS DISTINCT FROM (NEW."external_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."import_source" IS DISTINCT FROM (NEW."import_source") OR OLD."outcome" IS DISTINCT FROM (NEW."outcome") OR OLD."pinned_at" IS DISTINCT FROM (NEW."pinned_at") OR OLD."scheduled_at" IS DISTINCT FROM (NEW."scheduled_at") OR OLD."scheduled_on" IS DISTINCT FROM (NEW."scheduled_on") OR OLD."stage_change_id" IS DISTINCT FROM (NEW."stage_change_id") OR OLD."subject" IS DISTINCT FROM (NEW."subject") OR OLD."system" IS DISTINCT FROM (NEW."system") OR OLD."type" IS DISTINCT FROM (NEW."type") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id"))',
                    func='INSERT INTO "activities_activityhistory" ("at", "binned_at", "body", "company_id", "completed_at", "created_at", "data", "deal_id", "direction", "duration", "external_id", "id", "import_source", "outcome", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pinned_at", "scheduled_at", "scheduled_on", "stage_change_id", "subject", "system", "type", "user_id") VALUES (NEW."at", NEW."binned_at", NEW."body", NEW."company_id", NEW."completed_at", NEW."created_at", NEW."data", NEW."deal_id", NEW."direction", NEW."duration", NEW."external_id", NEW."id", NEW."import_source", NEW."outcome", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'update\', NEW."id", NEW."pinned_at", NEW."scheduled_at", NEW."scheduled_on", NEW."stage_change_id", NEW."subject", NEW."system", NEW."type", NEW."user_id"); RETURN NULL;',
                    hash="eb7d65cab555de2aee8c4e7cf13e6068ef8b0972",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_a56a1",
                    table="activities_activity",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="activity",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "activities_activityhistory" ("at", "binned_at", "body", "company_id", "completed_at", "created_at", "data", "deal_id", "direction", "duration", "external_id", "id", "import_source", "outcome", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pinned_at", "scheduled_at", "scheduled_on", "stage_change_id", "subject", "system", "type", "user_id") VALUES (OLD."at", OLD."binned_at", OLD."body", OLD."company_id", OLD."completed_at", OLD."created_at", OLD."data", OLD."deal_id", OLD."direction", OLD."duration", OLD."external_id", OLD."id", OLD."import_source", OLD."outcome", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'delete\', OLD."id", OLD."pinned_at", OLD."scheduled_at", OLD."scheduled_on", OLD."stage_change_id", OLD."subject", OLD."system", OLD."type", OLD."user_id"); RETURN NULL;',
                    hash="d70c22677d5b86354085414e8ea915ab74bcfbfe",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_cc776",
                    table="activities_activity",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="activitymention",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "activities_activitymentionhistory" ("activity_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") VALUES (NEW."activity_id", NEW."id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'insert\', NEW."id", NEW."user_id"); RETURN NULL;',
                    hash="6728f87f81589f4c32d6fd041a219b1a1d260143",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_39d5a",
                    table="activities_activitymention",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="activitymention",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "activities_activitymentionhistory" ("activity_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") VALUES (NEW."activity_id", NEW."id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'update\', NEW."id", NEW."user_id"); RETURN NULL;',
                    hash="36d3ee396b7ff146d6cf3c9c23fcdf919c2afb59",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_2a0be",
                    table="activities_activitymention",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="activitymention",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "activities_activitymentionhistory" ("activity_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") VALUES (OLD."activity_id", OLD."id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'delete\', OLD."id", OLD."user_id"); RETURN NULL;',
                    hash="f93b6e07788acd522ce57de2ff8ce7f2309bb9a4",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_dcbe5",
                    table="activities_activitymention",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="task",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "activities_taskhistory" ("assignee_id", "binned_at", "company_id", "contact_id", "created_at", "created_by_id", "deal_id", "done_at", "done_by_id", "due_at", "due_on", "external_id", "id", "import_source", "notes", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "remind_at", "title", "type") VALUES (NEW."assignee_id", NEW."binned_at", NEW."company_id", NEW."contact_id", NEW."created_at", NEW."created_by_id", NEW."deal_id", NEW."done_at", NEW."done_by_id", NEW."due_at", NEW."due_on", NEW."external_id", NEW."id", NEW."import_source", NEW."notes", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'insert\', NEW."id", NEW."priority", NEW."remind_at", NEW."title", NEW."type"); RETURN NULL;',
                    hash="994163b657279e722da47ddb799aa4d57f7c2d4d",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_bfd35",
                    table="activities_task",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="task",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."assignee_id" IS DISTINCT FROM (NEW."assignee_id") OR OLD."binned_at" IS DISTINCT FROM (NEW."binned_at") OR OLD."company_id" IS DISTINCT FROM (NEW."company_id") OR OLD."contact_id" IS DISTINCT FROM (NEW."contact_id") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."deal_id" IS DISTINCT FROM (NEW."deal_id") OR OLD."done_at" IS DISTINCT FROM (NEW."done_at") OR OLD."done_by_id" IS DISTINCT FROM (NEW."done_by_id") OR OLD."due_at" IS DISTINCT FROM (NEW."due_at") OR OLD."due_on" IS DISTINCT FROM (NEW."due_on") OR OLD."external_id" IS DISTINCT FROM (NEW."external_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."import_source" IS DISTINCT FROM (NEW."import_source") OR OLD."notes" IS DISTINCT FROM (NEW."notes") OR OLD."priority" IS DISTINCT FROM (NEW."priority") OR OLD."remind_at" IS DISTINCT FROM (NEW."remind_at") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."type" IS DISTINCT FROM (NEW."type"))',
                    func='INSERT INTO "activities_taskhistory" ("assignee_id", "binned_at", "company_id", "contact_id", "created_at", "created_by_id", "deal_id", "done_at", "done_by_id", "due_at", "due_on", "external_id", "id", "import_source", "notes", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "remind_at", "title", "type") VALUES (NEW."assignee_id", NEW."binned_at", NEW."company_id", NEW."contact_id", NEW."created_at", NEW."created_by_id", NEW."deal_id", NEW."done_at", NEW."done_by_id", NEW."due_at", NEW."due_on", NEW."external_id", NEW."id", NEW."import_source", NEW."notes", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'update\', NEW."id", NEW."priority", NEW."remind_at", NEW."title", NEW."type"); RETURN NULL;',
                    hash="434a37ac16661d7f810051e193cf9c38d2e94916",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_519d2",
                    table="activities_task",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="task",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "activities_taskhistory" ("assignee_id", "binned_at", "company_id", "contact_id", "created_at", "created_by_id", "deal_id", "done_at", "done_by_id", "due_at", "due_on", "external_id", "id", "import_source", "notes", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "remind_at", "title", "type") VALUES (OLD."assignee_id", OLD."binned_at", OLD."company_id", OLD."contact_id", OLD."created_at", OLD."created_by_id", OLD."deal_id", OLD."done_at", OLD."done_by_id", OLD."due_at", OLD."due_on", OLD."external_id", OLD."id", OLD."import_source", OLD."notes", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'delete\', OLD."id", OLD."priority", OLD."remind_at", OLD."title", OLD."type"); RETURN NULL;',
                    hash="c13bdea1f00255466166b8be7466f21505e6d802",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_ae56e",
                    table="activities_task",
                    when="AFTER",
                ),
            ),
        ),
    ]
