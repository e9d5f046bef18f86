from decimal import Decimal

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import crm.kernel.core.history
import crm.kernel.core.ids
import crm.kernel.workspace.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("core", "0001_database"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        migrations.CreateModel(
            name="Holiday",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=crm.kernel.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField(unique=True, verbose_name="day")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
            ],
            options={
                "verbose_name": "holiday",
                "verbose_name_plural": "holidays",
                "ordering": ["day"],
            },
        ),
        migrations.CreateModel(
            name="Workspace",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=crm.kernel.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "base_currency",
                    models.CharField(
                        default="USD",
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}\\Z", "Type a currency code of three capital letters, such as USD."
                            )
                        ],
                        verbose_name="base currency",
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
                (
                    "fiscal_year_start",
                    models.PositiveSmallIntegerField(
                        default=1,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(12),
                        ],
                        verbose_name="fiscal year starts in month",
                    ),
                ),
                (
                    "first_weekday",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "Monday"),
                            (2, "Tuesday"),
                            (3, "Wednesday"),
                            (4, "Thursday"),
                            (5, "Friday"),
                            (6, "Saturday"),
                            (7, "Sunday"),
                        ],
                        default=1,
                        verbose_name="week starts on",
                    ),
                ),
                (
                    "working_days",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(
                            choices=[
                                (1, "Monday"),
                                (2, "Tuesday"),
                                (3, "Wednesday"),
                                (4, "Thursday"),
                                (5, "Friday"),
                                (6, "Saturday"),
                                (7, "Sunday"),
                            ]
                        ),
                        default=crm.kernel.workspace.models.working_week,
                        verbose_name="working days",
                    ),
                ),
                ("only_one", models.BooleanField(default=True, editable=False)),
            ],
            options={
                "verbose_name": "workspace",
                "verbose_name_plural": "workspace",
                "constraints": [
                    models.UniqueConstraint(fields=("only_one",), name="workspace_only_one"),
                    models.CheckConstraint(condition=models.Q(("only_one", True)), name="workspace_only_one_true"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExchangeRate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=crm.kernel.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
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
                ("day", models.DateField(verbose_name="from")),
                (
                    "rate",
                    models.DecimalField(
                        decimal_places=8,
                        max_digits=18,
                        validators=[django.core.validators.MinValueValidator(Decimal("1E-8"))],
                        verbose_name="rate",
                    ),
                ),
            ],
            options={
                "verbose_name": "exchange rate",
                "verbose_name_plural": "exchange rates",
                "ordering": ["currency", "-day"],
                "constraints": [
                    models.UniqueConstraint(fields=("currency", "day"), name="exchangerate_one_a_day"),
                    models.CheckConstraint(condition=models.Q(("rate__gt", 0)), name="exchangerate_positive"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExchangeRateHistory",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("recorded_at", models.DateTimeField(db_default=crm.kernel.core.history.ClockTimestamp())),
                ("id", models.UUIDField(default=crm.kernel.core.ids.uuid7, editable=False, serialize=False)),
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
                ("day", models.DateField(verbose_name="from")),
                (
                    "rate",
                    models.DecimalField(
                        decimal_places=8,
                        max_digits=18,
                        validators=[django.core.validators.MinValueValidator(Decimal("1E-8"))],
                        verbose_name="rate",
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
                        to="workspace.exchangerate",
                    ),
                ),
            ],
            options={
                "verbose_name": "exchange rate history",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["pgh_obj", "pgh_id"], name="workspac_exchangerate_h_obj"),
                    models.Index(fields=["pgh_context"], name="workspac_exchangerate_h_set"),
                ],
            },
        ),
        migrations.CreateModel(
            name="HolidayHistory",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("recorded_at", models.DateTimeField(db_default=crm.kernel.core.history.ClockTimestamp())),
                ("id", models.UUIDField(default=crm.kernel.core.ids.uuid7, editable=False, serialize=False)),
                ("day", models.DateField(verbose_name="day")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
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
                        to="workspace.holiday",
                    ),
                ),
            ],
            options={
                "verbose_name": "holiday history",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["pgh_obj", "pgh_id"], name="workspac_holiday_h_obj"),
                    models.Index(fields=["pgh_context"], name="workspac_holiday_h_set"),
                ],
            },
        ),
        migrations.CreateModel(
            name="WorkspaceHistory",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("recorded_at", models.DateTimeField(db_default=crm.kernel.core.history.ClockTimestamp())),
                ("id", models.UUIDField(default=crm.kernel.core.ids.uuid7, editable=False, serialize=False)),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "base_currency",
                    models.CharField(
                        default="USD",
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}\\Z", "Type a currency code of three capital letters, such as USD."
                            )
                        ],
                        verbose_name="base currency",
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
                (
                    "fiscal_year_start",
                    models.PositiveSmallIntegerField(
                        default=1,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(12),
                        ],
                        verbose_name="fiscal year starts in month",
                    ),
                ),
                (
                    "first_weekday",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "Monday"),
                            (2, "Tuesday"),
                            (3, "Wednesday"),
                            (4, "Thursday"),
                            (5, "Friday"),
                            (6, "Saturday"),
                            (7, "Sunday"),
                        ],
                        default=1,
                        verbose_name="week starts on",
                    ),
                ),
                (
                    "working_days",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(
                            choices=[
                                (1, "Monday"),
                                (2, "Tuesday"),
                                (3, "Wednesday"),
                                (4, "Thursday"),
                                (5, "Friday"),
                                (6, "Saturday"),
                                (7, "Sunday"),
                            ]
                        ),
                        default=crm.kernel.workspace.models.working_week,
                        verbose_name="working days",
                    ),
                ),
                ("only_one", models.BooleanField(default=True, editable=False)),
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
                        to="workspace.workspace",
                    ),
                ),
            ],
            options={
                "verbose_name": "workspace history",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["pgh_obj", "pgh_id"], name="workspac_workspace_h_obj"),
                    models.Index(fields=["pgh_context"], name="workspac_workspace_h_set"),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="exchangerate",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "workspace_exchangeratehistory" ("currency", "day", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rate") VALUES (NEW."currency", NEW."day", NEW."id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'insert\', NEW."id", NEW."rate"); RETURN NULL;',
                    hash="5c6c1229eacfd78018effa935c5b019eecdccd43",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_e6ec8",
                    table="workspace_exchangerate",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="exchangerate",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "workspace_exchangeratehistory" ("currency", "day", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rate") VALUES (NEW."currency", NEW."day", NEW."id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'update\', NEW."id", NEW."rate"); RETURN NULL;',
                    hash="b3ea427f858d383b7dfbe5b788724ace906eacd5",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_90dd6",
                    table="workspace_exchangerate",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="exchangerate",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "workspace_exchangeratehistory" ("currency", "day", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rate") VALUES (OLD."currency", OLD."day", OLD."id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'delete\', OLD."id", OLD."rate"); RETURN NULL;',
                    hash="d162c7eb91d98a547fb867a928581e21defcc12a",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_7a219",
                    table="workspace_exchangerate",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="holiday",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "workspace_holidayhistory" ("day", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."day", NEW."id", NEW."name", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'insert\', NEW."id"); RETURN NULL;',
                    hash="39d7df0062b71e2977ae0e713e900404de06a44d",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_850de",
                    table="workspace_holiday",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="holiday",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "workspace_holidayhistory" ("day", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."day", NEW."id", NEW."name", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'update\', NEW."id"); RETURN NULL;',
                    hash="3aa70ce270855b237bd3f909f94c0b97caa3fb81",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_4e137",
                    table="workspace_holiday",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="holiday",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "workspace_holidayhistory" ("day", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."day", OLD."id", OLD."name", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'delete\', OLD."id"); RETURN NULL;',
                    hash="948857e813124b6065f510ed29aaca6c1ed86e00",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_67579",
                    table="workspace_holiday",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="workspace",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "workspace_workspacehistory" ("base_currency", "first_weekday", "fiscal_year_start", "id", "name", "only_one", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "timezone", "working_days") VALUES (NEW."base_currency", NEW."first_weekday", NEW."fiscal_year_start", NEW."id", NEW."name", NEW."only_one", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'insert\', NEW."id", NEW."timezone", NEW."working_days"); RETURN NULL;',
                    hash="7568c7cdaedb224a2c1125cb82fe3223a857f93f",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_225a3",
                    table="workspace_workspace",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="workspace",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "workspace_workspacehistory" ("base_currency", "first_weekday", "fiscal_year_start", "id", "name", "only_one", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "timezone", "working_days") VALUES (NEW."base_currency", NEW."first_weekday", NEW."fiscal_year_start", NEW."id", NEW."name", NEW."only_one", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'update\', NEW."id", NEW."timezone", NEW."working_days"); RETURN NULL;',
                    hash="eebd7e209717e719bf65cbad666d3a325894fcfc",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_92066",
                    table="workspace_workspace",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="workspace",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "workspace_workspacehistory" ("base_currency", "first_weekday", "fiscal_year_start", "id", "name", "only_one", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "timezone", "working_days") VALUES (OLD."base_currency", OLD."first_weekday", OLD."fiscal_year_start", OLD."id", OLD."name", OLD."only_one", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'delete\', OLD."id", OLD."timezone", OLD."working_days"); RETURN NULL;',
                    hash="a28b2d517a490aa7d533ebdaf245a636e84d9576",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_3532f",
                    table="workspace_workspace",
                    when="AFTER",
                ),
            ),
        ),
    ]
