import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import crm.kernel.core.history
import crm.kernel.core.ids
import crm.kernel.users.policies
import crm.kernel.workspace.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("core", "0001_database"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        migrations.CreateModel(
            name="Role",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=crm.kernel.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.SlugField(max_length=40, unique=True, verbose_name="key")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                (
                    "levels",
                    models.JSONField(validators=[crm.kernel.users.policies.validate_levels], verbose_name="levels"),
                ),
                (
                    "flags",
                    models.JSONField(
                        blank=True,
                        default=list,
                        validators=[crm.kernel.users.policies.validate_flags],
                        verbose_name="rights",
                    ),
                ),
            ],
            options={
                "verbose_name": "role",
                "verbose_name_plural": "roles",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="RoleHistory",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("recorded_at", models.DateTimeField(db_default=crm.kernel.core.history.ClockTimestamp())),
                ("id", models.UUIDField(default=crm.kernel.core.ids.uuid7, editable=False, serialize=False)),
                ("key", models.SlugField(db_index=False, max_length=40, verbose_name="key")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                (
                    "levels",
                    models.JSONField(validators=[crm.kernel.users.policies.validate_levels], verbose_name="levels"),
                ),
                (
                    "flags",
                    models.JSONField(
                        blank=True,
                        default=list,
                        validators=[crm.kernel.users.policies.validate_flags],
                        verbose_name="rights",
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
                        to="users.role",
                    ),
                ),
            ],
            options={
                "verbose_name": "role history",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["pgh_obj", "pgh_id"], name="users_role_h_obj"),
                    models.Index(fields=["pgh_context"], name="users_role_h_set"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Team",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=crm.kernel.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("import_source", models.CharField(blank=True, editable=False, max_length=60)),
                ("external_id", models.CharField(blank=True, editable=False, max_length=200)),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="users.team",
                    ),
                ),
            ],
            options={
                "verbose_name": "team",
                "verbose_name_plural": "teams",
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("parent", "name"), name="team_name_in_parent", nulls_distinct=False)
                ],
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "id",
                    models.UUIDField(
                        default=crm.kernel.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("email", models.EmailField(blank=True, max_length=254, null=True, unique=True, verbose_name="e-mail")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "Active"), ("invited", "Invited"), ("without_login", "Without login")],
                        default="active",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                (
                    "timezone",
                    models.CharField(
                        default="UTC",
                        max_length=64,
                        validators=[crm.kernel.workspace.models.validate_timezone],
                        verbose_name="time zone",
                    ),
                ),
                ("locale", models.CharField(default="en", max_length=12, verbose_name="language and formats")),
                (
                    "theme",
                    models.CharField(
                        choices=[("auto", "As my device"), ("light", "Light"), ("dark", "Dark")],
                        default="auto",
                        max_length=8,
                        verbose_name="theme",
                    ),
                ),
                ("single_keys", models.BooleanField(default=True, verbose_name="single-key shortcuts")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("import_source", models.CharField(blank=True, editable=False, max_length=60)),
                ("external_id", models.CharField(blank=True, editable=False, max_length=200)),
                (
                    "delegate",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="stands in for me",
                    ),
                ),
                (
                    "role",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="users",
                        to="users.role",
                        verbose_name="role",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="members",
                        to="users.team",
                        verbose_name="team",
                    ),
                ),
            ],
            options={
                "verbose_name": "person",
                "verbose_name_plural": "people",
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                        name="user_email_lower_case",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state", "without_login"), ("email__isnull", False), _connector="OR"),
                        name="user_login_needs_email",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TeamHistory",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("recorded_at", models.DateTimeField(db_default=crm.kernel.core.history.ClockTimestamp())),
                ("id", models.UUIDField(default=crm.kernel.core.ids.uuid7, editable=False, serialize=False)),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("import_source", models.CharField(blank=True, editable=False, max_length=60)),
                ("external_id", models.CharField(blank=True, editable=False, max_length=200)),
                (
                    "manager",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
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
                        to="users.team",
                    ),
                ),
            ],
            options={
                "verbose_name": "team history",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["pgh_obj", "pgh_id"], name="users_team_h_obj"),
                    models.Index(fields=["pgh_context"], name="users_team_h_set"),
                ],
            },
        ),
        migrations.CreateModel(
            name="UserHistory",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("recorded_at", models.DateTimeField(db_default=crm.kernel.core.history.ClockTimestamp())),
                ("id", models.UUIDField(default=crm.kernel.core.ids.uuid7, editable=False, serialize=False)),
                ("email", models.EmailField(blank=True, max_length=254, null=True, verbose_name="e-mail")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "Active"), ("invited", "Invited"), ("without_login", "Without login")],
                        default="active",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                (
                    "timezone",
                    models.CharField(
                        default="UTC",
                        max_length=64,
                        validators=[crm.kernel.workspace.models.validate_timezone],
                        verbose_name="time zone",
                    ),
                ),
                ("locale", models.CharField(default="en", max_length=12, verbose_name="language and formats")),
                (
                    "theme",
                    models.CharField(
                        choices=[("auto", "As my device"), ("light", "Light"), ("dark", "Dark")],
                        default="auto",
                        max_length=8,
                        verbose_name="theme",
                    ),
                ),
                ("single_keys", models.BooleanField(default=True, verbose_name="single-key shortcuts")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("import_source", models.CharField(blank=True, editable=False, max_length=60)),
                ("external_id", models.CharField(blank=True, editable=False, max_length=200)),
                (
                    "delegate",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="stands in for me",
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
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "role",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="users.role",
                        verbose_name="role",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="users.team",
                        verbose_name="team",
                    ),
                ),
            ],
            options={
                "verbose_name": "person history",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["pgh_obj", "pgh_id"], name="users_user_h_obj"),
                    models.Index(fields=["pgh_context"], name="users_user_h_set"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Absence",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=crm.kernel.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("starts_on", models.DateField(verbose_name="from")),
                ("ends_on", models.DateField(verbose_name="until")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="absences",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "absence",
                "verbose_name_plural": "absences",
                "ordering": ["starts_on"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_on__gte", models.F("starts_on"))), name="absence_in_order"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=crm.kernel.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("token_hash", models.CharField(editable=False, max_length=64, unique=True)),
                ("sent_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "sent_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitation",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "invitation",
                "verbose_name_plural": "invitations",
            },
        ),
        migrations.CreateModel(
            name="AbsenceHistory",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("recorded_at", models.DateTimeField(db_default=crm.kernel.core.history.ClockTimestamp())),
                ("id", models.UUIDField(default=crm.kernel.core.ids.uuid7, editable=False, serialize=False)),
                ("starts_on", models.DateField(verbose_name="from")),
                ("ends_on", models.DateField(verbose_name="until")),
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
                        to="users.absence",
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
                "verbose_name": "absence history",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["pgh_obj", "pgh_id"], name="users_absence_h_obj"),
                    models.Index(fields=["pgh_context"], name="users_absence_h_set"),
                ],
            },
        ),
        migrations.AddField(
            model_name="team",
            name="manager",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="managed_teams",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="role",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "users_rolehistory" ("flags", "id", "key", "levels", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."flags", NEW."id", NEW."key", NEW."levels", NEW."name", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'insert\', NEW."id"); RETURN NULL;',
                    hash="74c70290dd94fdf831c02b351e7d13f001518eba",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_204d5",
                    table="users_role",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="role",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "users_rolehistory" ("flags", "id", "key", "levels", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."flags", NEW."id", NEW."key", NEW."levels", NEW."name", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'update\', NEW."id"); RETURN NULL;',
                    hash="e858a20c95f9ec3f4b47c5dd7c6ea6a429ac7c97",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_5666e",
                    table="users_role",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="role",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "users_rolehistory" ("flags", "id", "key", "levels", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."flags", OLD."id", OLD."key", OLD."levels", OLD."name", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'delete\', OLD."id"); RETURN NULL;',
                    hash="ea968f62f2935e522bfe1e384d7e61cc81bd61a6",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_354ed",
                    table="users_role",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="absence",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "users_absencehistory" ("ends_on", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts_on", "user_id") VALUES (NEW."ends_on", NEW."id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'insert\', NEW."id", NEW."starts_on", NEW."user_id"); RETURN NULL;',
                    hash="5f2841be68cd48ed82be062dbc5e4fe259ae79ea",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_a7161",
                    table="users_absence",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="absence",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "users_absencehistory" ("ends_on", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts_on", "user_id") VALUES (NEW."ends_on", NEW."id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'update\', NEW."id", NEW."starts_on", NEW."user_id"); RETURN NULL;',
                    hash="1996237d00e070d0adc0880f75994e982c45ced4",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_56f1c",
                    table="users_absence",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="absence",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "users_absencehistory" ("ends_on", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts_on", "user_id") VALUES (OLD."ends_on", OLD."id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'delete\', OLD."id", OLD."starts_on", OLD."user_id"); RETURN NULL;',
                    hash="e1cf10b409463358d745b4d7aa2ac62b65dfdde3",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_ea8ed",
                    table="users_absence",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="team",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "users_teamhistory" ("external_id", "id", "import_source", "manager_id", "name", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."external_id", NEW."id", NEW."import_source", NEW."manager_id", NEW."name", NEW."parent_id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'insert\', NEW."id"); RETURN NULL;',
                    hash="c4c2287901f59019c4fb780107a99952b020d51d",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_f1db8",
                    table="users_team",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="team",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "users_teamhistory" ("external_id", "id", "import_source", "manager_id", "name", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."external_id", NEW."id", NEW."import_source", NEW."manager_id", NEW."name", NEW."parent_id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'update\', NEW."id"); RETURN NULL;',
                    hash="36c9477d7a3e9d3e8f00747d754cbff140c8716a",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_f2d9b",
                    table="users_team",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="team",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "users_teamhistory" ("external_id", "id", "import_source", "manager_id", "name", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."external_id", OLD."id", OLD."import_source", OLD."manager_id", OLD."name", OLD."parent_id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'delete\', OLD."id"); RETURN NULL;',
                    hash="7f434d76b347f970c6d9642536cedd79cf82e147",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_d474b",
                    table="users_team",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="user",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "users_userhistory" ("created_at", "delegate_id", "email", "external_id", "id", "import_source", "locale", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role_id", "single_keys", "state", "team_id", "theme", "timezone") VALUES (NEW."created_at", NEW."delegate_id", NEW."email", NEW."external_id", NEW."id", NEW."import_source", NEW."locale", NEW."name", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'insert\', NEW."id", NEW."role_id", NEW."single_keys", NEW."state", NEW."team_id", NEW."theme", NEW."timezone"); RETURN NULL;',
                    hash="fc5a524fb0c81596b09425d105fc6a9090d4ac15",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_52e78",
                    table="users_user",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="user",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."delegate_id" IS DISTINCT FROM (NEW."delegate_id") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."external_id" IS DISTINCT FROM (NEW."external_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."import_source" IS DISTINCT FROM (NEW."import_source") OR OLD."locale" IS DISTINCT FROM (NEW."locale") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."role_id" IS DISTINCT FROM (NEW."role_id") OR OLD."single_keys" IS DISTINCT FROM (NEW."single_keys") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."team_id" IS DISTINCT FROM (NEW."team_id") OR OLD."theme" IS DISTINCT FROM (NEW."theme") OR OLD."timezone" IS DISTINCT FROM (NEW."timezone"))',
                    func='INSERT INTO "users_userhistory" ("created_at", "delegate_id", "email", "external_id", "id", "import_source", "locale", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role_id", "single_keys", "state", "team_id", "theme", "timezone") VALUES (NEW."created_at", NEW."delegate_id", NEW."email", NEW."external_id", NEW."id", NEW."import_source", NEW."locale", NEW."name", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'update\', NEW."id", NEW."role_id", NEW."single_keys", NEW."state", NEW."team_id", NEW."theme", NEW."timezone"); RETURN NULL;',
                    hash="d9836875965bca098a437fee002b842a6c37f3b5",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_16e22",
                    table="users_user",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="user",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "users_userhistory" ("created_at", "delegate_id", "email", "external_id", "id", "import_source", "locale", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role_id", "single_keys", "state", "team_id", "theme", "timezone") VALUES (OLD."created_at", OLD."delegate_id", OLD."email", OLD."external_id", OLD."id", OLD."import_source", OLD."locale", OLD."name", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'delete\', OLD."id", OLD."role_id", OLD."single_keys", OLD."state", OLD."team_id", OLD."theme", OLD."timezone"); RETURN NULL;',
                    hash="441f35fbb752ff2a8ab248738a175f35191856f3",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_56c96",
                    table="users_user",
                    when="AFTER",
                ),
            ),
        ),
    ]
