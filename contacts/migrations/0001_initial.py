import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
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
        ("core", "0001_database"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("users", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Company",
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
                ("street", models.CharField(blank=True, max_length=200, verbose_name="street")),
                ("postal_code", models.CharField(blank=True, max_length=20, verbose_name="postal code")),
                ("city", models.CharField(blank=True, max_length=100, verbose_name="city")),
                ("region", models.CharField(blank=True, max_length=100, verbose_name="region")),
                ("country", models.CharField(blank=True, max_length=80, verbose_name="country")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("industry", models.CharField(blank=True, max_length=80, verbose_name="industry")),
                (
                    "size_band",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("1-10", "1-10"),
                            ("11-50", "11-50"),
                            ("51-200", "51-200"),
                            ("201-500", "201-500"),
                            ("501-1000", "501-1,000"),
                            ("1001-5000", "1,001-5,000"),
                            ("5001+", "5,001 and more"),
                        ],
                        max_length=10,
                        verbose_name="people",
                    ),
                ),
                ("website", models.URLField(blank=True, max_length=300, verbose_name="website")),
                ("description", models.TextField(blank=True, max_length=10000, verbose_name="about")),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=50), blank=True, default=list, verbose_name="tags"
                    ),
                ),
                (
                    "sort_name",
                    models.GeneratedField(
                        db_persist=True, expression=crm.kernel.core.fields.Fold("name"), output_field=models.TextField()
                    ),
                ),
                ("search_text", models.TextField(default="", editable=False)),
                ("last_touch_at", models.DateTimeField(editable=False, null=True, verbose_name="last activity")),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="companies",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="children",
                        to="contacts.company",
                        verbose_name="parent company",
                    ),
                ),
            ],
            options={
                "verbose_name": "company",
                "verbose_name_plural": "companies",
                "indexes": [
                    models.Index(
                        condition=models.Q(("binned_at__isnull", True)), fields=["sort_name", "id"], name="company_name"
                    ),
                    models.Index(
                        condition=models.Q(("binned_at__isnull", True)),
                        fields=["owner", "sort_name", "id"],
                        name="company_owner_name",
                    ),
                    models.Index(
                        condition=models.Q(("binned_at__isnull", True)),
                        fields=["-created_at", "-id"],
                        name="company_created",
                    ),
                    models.Index(
                        models.OrderBy(models.F("last_touch_at"), descending=True, nulls_last=True),
                        models.OrderBy(models.F("id"), descending=True),
                        condition=models.Q(("binned_at__isnull", True)),
                        name="company_touched",
                    ),
                    models.Index(
                        condition=models.Q(("binned_at__isnull", False)), fields=["binned_at"], name="company_bin"
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.indexes.OpClass(models.F("search_text"), "gin_trgm_ops"),
                        name="company_search",
                    ),
                    django.contrib.postgres.indexes.GinIndex(fields=["tags"], name="company_tags"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("parent", models.F("id")), _negated=True), name="company_not_its_own_parent"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("external_id", ""), _negated=True),
                        fields=("import_source", "external_id"),
                        name="company_external_id",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CompanyDomain",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=crm.kernel.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("domain", models.CharField(max_length=253, verbose_name="domain")),
                ("live", models.BooleanField(default=True, editable=False)),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="domains", to="contacts.company"
                    ),
                ),
            ],
            options={
                "verbose_name": "domain",
                "verbose_name_plural": "domains",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("live", True)), fields=("domain",), name="companydomain_one_live"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("domain", django.db.models.functions.text.Lower("domain"))),
                        name="companydomain_lower_case",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CompanyEmail",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=crm.kernel.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("address", models.EmailField(max_length=254, verbose_name="e-mail")),
                ("primary", models.BooleanField(default=False, verbose_name="primary")),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="emails", to="contacts.company"
                    ),
                ),
            ],
            options={
                "verbose_name": "shared address",
                "verbose_name_plural": "shared addresses",
                "indexes": [models.Index(fields=["address"], name="companyemail_address")],
                "constraints": [
                    models.UniqueConstraint(fields=("company", "address"), name="companyemail_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("primary", True)), fields=("company",), name="companyemail_one_primary"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CompanyHistory",
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
                ("street", models.CharField(blank=True, max_length=200, verbose_name="street")),
                ("postal_code", models.CharField(blank=True, max_length=20, verbose_name="postal code")),
                ("city", models.CharField(blank=True, max_length=100, verbose_name="city")),
                ("region", models.CharField(blank=True, max_length=100, verbose_name="region")),
                ("country", models.CharField(blank=True, max_length=80, verbose_name="country")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("industry", models.CharField(blank=True, max_length=80, verbose_name="industry")),
                (
                    "size_band",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("1-10", "1-10"),
                            ("11-50", "11-50"),
                            ("51-200", "51-200"),
                            ("201-500", "201-500"),
                            ("501-1000", "501-1,000"),
                            ("1001-5000", "1,001-5,000"),
                            ("5001+", "5,001 and more"),
                        ],
                        max_length=10,
                        verbose_name="people",
                    ),
                ),
                ("website", models.URLField(blank=True, max_length=300, verbose_name="website")),
                ("description", models.TextField(blank=True, max_length=10000, verbose_name="about")),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=50), blank=True, default=list, verbose_name="tags"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
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
                        to="contacts.company",
                        verbose_name="parent company",
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
                        to="contacts.company",
                    ),
                ),
            ],
            options={
                "verbose_name": "company history",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["pgh_obj", "pgh_id"], name="contacts_company_h_obj"),
                    models.Index(fields=["pgh_context"], name="contacts_company_h_set"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CompanyPhone",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=crm.kernel.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.CharField(max_length=32, verbose_name="phone")),
                ("primary", models.BooleanField(default=False, verbose_name="primary")),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="phones", to="contacts.company"
                    ),
                ),
            ],
            options={
                "verbose_name": "phone",
                "verbose_name_plural": "phones",
                "indexes": [models.Index(fields=["number"], name="companyphone_number")],
                "constraints": [
                    models.UniqueConstraint(fields=("company", "number"), name="companyphone_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("primary", True)), fields=("company",), name="companyphone_one_primary"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Contact",
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
                ("street", models.CharField(blank=True, max_length=200, verbose_name="street")),
                ("postal_code", models.CharField(blank=True, max_length=20, verbose_name="postal code")),
                ("city", models.CharField(blank=True, max_length=100, verbose_name="city")),
                ("region", models.CharField(blank=True, max_length=100, verbose_name="region")),
                ("country", models.CharField(blank=True, max_length=80, verbose_name="country")),
                ("first_name", models.CharField(blank=True, max_length=100, verbose_name="first name")),
                ("middle_name", models.CharField(blank=True, max_length=100, verbose_name="middle name")),
                ("last_name", models.CharField(blank=True, max_length=100, verbose_name="last name")),
                ("job_title", models.CharField(blank=True, max_length=150, verbose_name="job title")),
                (
                    "lifecycle",
                    models.CharField(
                        choices=[
                            ("lead", "Lead"),
                            ("opportunity", "Opportunity"),
                            ("customer", "Customer"),
                            ("churned", "Churned"),
                            ("other", "Other"),
                        ],
                        default="lead",
                        max_length=12,
                        verbose_name="lifecycle",
                    ),
                ),
                ("churned_on", models.DateField(blank=True, null=True, verbose_name="churned on")),
                ("churned_reason", models.CharField(blank=True, max_length=300, verbose_name="why churned")),
                (
                    "lead_status",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("working", "Working"),
                            ("nurturing", "Nurturing"),
                            ("unqualified", "Unqualified"),
                        ],
                        default="new",
                        max_length=12,
                        verbose_name="lead status",
                    ),
                ),
                ("unqualified_reason", models.CharField(blank=True, max_length=300, verbose_name="why unqualified")),
                ("lead_score", models.SmallIntegerField(default=0, verbose_name="score")),
                ("source", models.CharField(blank=True, max_length=80, verbose_name="source")),
                ("language", models.CharField(blank=True, max_length=40, verbose_name="language")),
                (
                    "links",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.URLField(max_length=300), blank=True, default=list, verbose_name="links"
                    ),
                ),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=50), blank=True, default=list, verbose_name="tags"
                    ),
                ),
                ("description", models.TextField(blank=True, max_length=10000, verbose_name="about")),
                ("do_not_email", models.BooleanField(default=False, verbose_name="do not e-mail")),
                ("do_not_call", models.BooleanField(default=False, verbose_name="do not call")),
                ("consent_at", models.DateTimeField(blank=True, null=True, verbose_name="consent given")),
                ("consent_how", models.CharField(blank=True, max_length=200, verbose_name="how consent was given")),
                ("consent_basis", models.CharField(blank=True, max_length=200, verbose_name="legal basis")),
                (
                    "sort_name",
                    models.GeneratedField(
                        db_persist=True,
                        expression=crm.kernel.core.fields.Fold(
                            django.db.models.functions.text.Concat("first_name", models.Value(" "), "last_name")
                        ),
                        output_field=models.TextField(),
                    ),
                ),
                ("search_text", models.TextField(default="", editable=False)),
                ("primary_email", models.CharField(default="", editable=False, max_length=254, verbose_name="e-mail")),
                ("primary_phone", models.CharField(default="", editable=False, max_length=32, verbose_name="phone")),
                ("last_touch_at", models.DateTimeField(editable=False, null=True, verbose_name="last activity")),
                ("last_worked_at", models.DateTimeField(editable=False, null=True, verbose_name="last worked")),
                ("next_step_at", models.DateTimeField(editable=False, null=True, verbose_name="next step")),
                (
                    "company",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="contacts",
                        to="contacts.company",
                        verbose_name="company",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contacts",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "contact",
                "verbose_name_plural": "contacts",
                "indexes": [
                    models.Index(
                        condition=models.Q(("binned_at__isnull", True)), fields=["sort_name", "id"], name="contact_name"
                    ),
                    models.Index(
                        condition=models.Q(("binned_at__isnull", True)),
                        fields=["owner", "sort_name", "id"],
                        name="contact_owner_name",
                    ),
                    models.Index(
                        condition=models.Q(("binned_at__isnull", True)),
                        fields=["-created_at", "-id"],
                        name="contact_created",
                    ),
                    models.Index(
                        models.OrderBy(models.F("last_touch_at"), descending=True, nulls_last=True),
                        models.OrderBy(models.F("id"), descending=True),
                        condition=models.Q(("binned_at__isnull", True)),
                        name="contact_touched",
                    ),
                    models.Index(fields=["company", "sort_name"], name="contact_company"),
                    models.Index(
                        condition=models.Q(("binned_at__isnull", True), ("lifecycle", "lead")),
                        fields=["lead_status", "-created_at", "-id"],
                        name="contact_leads",
                    ),
                    models.Index(
                        condition=models.Q(("binned_at__isnull", False)), fields=["binned_at"], name="contact_bin"
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.indexes.OpClass(models.F("search_text"), "gin_trgm_ops"),
                        name="contact_search",
                    ),
                    django.contrib.postgres.indexes.GinIndex(fields=["tags"], name="contact_tags"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("first_name", ""), _negated=True),
                            models.Q(("last_name", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="contact_has_a_name",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("external_id", ""), _negated=True),
                        fields=("import_source", "external_id"),
                        name="contact_external_id",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CompanyDomainHistory",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("recorded_at", models.DateTimeField(db_default=crm.kernel.core.history.ClockTimestamp())),
                ("id", models.UUIDField(default=crm.kernel.core.ids.uuid7, editable=False, serialize=False)),
                ("domain", models.CharField(max_length=253, verbose_name="domain")),
                ("live", models.BooleanField(default=True, editable=False)),
                (
                    "company",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="contacts.company",
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
                        to="contacts.companydomain",
                    ),
                ),
            ],
            options={
                "verbose_name": "domain history",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["pgh_obj", "pgh_id"], name="contacts_companydomai_h_obj"),
                    models.Index(fields=["pgh_context"], name="contacts_companydomai_h_set"),
                    models.Index(fields=["company", "pgh_id"], name="contacts_companydomai_h_par"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CompanyEmailHistory",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("recorded_at", models.DateTimeField(db_default=crm.kernel.core.history.ClockTimestamp())),
                ("id", models.UUIDField(default=crm.kernel.core.ids.uuid7, editable=False, serialize=False)),
                ("address", models.EmailField(max_length=254, verbose_name="e-mail")),
                ("primary", models.BooleanField(default=False, verbose_name="primary")),
                (
                    "company",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="contacts.company",
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
                        to="contacts.companyemail",
                    ),
                ),
            ],
            options={
                "verbose_name": "shared address history",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["pgh_obj", "pgh_id"], name="contacts_companyemail_h_obj"),
                    models.Index(fields=["pgh_context"], name="contacts_companyemail_h_set"),
                    models.Index(fields=["company", "pgh_id"], name="contacts_companyemail_h_par"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CompanyPhoneHistory",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("recorded_at", models.DateTimeField(db_default=crm.kernel.core.history.ClockTimestamp())),
                ("id", models.UUIDField(default=crm.kernel.core.ids.uuid7, editable=False, serialize=False)),
                ("number", models.CharField(max_length=32, verbose_name="phone")),
                ("primary", models.BooleanField(default=False, verbose_name="primary")),
                (
                    "company",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="contacts.company",
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
                        to="contacts.companyphone",
                    ),
                ),
            ],
            options={
                "verbose_name": "phone history",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["pgh_obj", "pgh_id"], name="contacts_companyphone_h_obj"),
                    models.Index(fields=["pgh_context"], name="contacts_companyphone_h_set"),
                    models.Index(fields=["company", "pgh_id"], name="contacts_companyphone_h_par"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactEmail",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=crm.kernel.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("address", models.EmailField(max_length=254, verbose_name="e-mail")),
                ("primary", models.BooleanField(default=False, verbose_name="primary")),
                ("live", models.BooleanField(default=True, editable=False)),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="emails", to="contacts.contact"
                    ),
                ),
            ],
            options={
                "verbose_name": "e-mail address",
                "verbose_name_plural": "e-mail addresses",
                "indexes": [models.Index(fields=["address"], name="contactemail_address")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("live", True)), fields=("address",), name="contactemail_one_live"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("primary", True)), fields=("contact",), name="contactemail_one_primary"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("address", django.db.models.functions.text.Lower("address"))),
                        name="contactemail_lower_case",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactHistory",
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
                ("street", models.CharField(blank=True, max_length=200, verbose_name="street")),
                ("postal_code", models.CharField(blank=True, max_length=20, verbose_name="postal code")),
                ("city", models.CharField(blank=True, max_length=100, verbose_name="city")),
                ("region", models.CharField(blank=True, max_length=100, verbose_name="region")),
                ("country", models.CharField(blank=True, max_length=80, verbose_name="country")),
                ("first_name", models.CharField(blank=True, max_length=100, verbose_name="first name")),
                ("middle_name", models.CharField(blank=True, max_length=100, verbose_name="middle name")),
                ("last_name", models.CharField(blank=True, max_length=100, verbose_name="last name")),
                ("job_title", models.CharField(blank=True, max_length=150, verbose_name="job title")),
                (
                    "lifecycle",
                    models.CharField(
                        choices=[
                            ("lead", "Lead"),
                            ("opportunity", "Opportunity"),
                            ("customer", "Customer"),
                            ("churned", "Churned"),
                            ("other", "Other"),
                        ],
                        default="lead",
                        max_length=12,
                        verbose_name="lifecycle",
                    ),
                ),
                ("churned_on", models.DateField(blank=True, null=True, verbose_name="churned on")),
                ("churned_reason", models.CharField(blank=True, max_length=300, verbose_name="why churned")),
                (
                    "lead_status",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("working", "Working"),
                            ("nurturing", "Nurturing"),
                            ("unqualified", "Unqualified"),
                        ],
                        default="new",
                        max_length=12,
                        verbose_name="lead status",
                    ),
                ),
                ("unqualified_reason", models.CharField(blank=True, max_length=300, verbose_name="why unqualified")),
                ("lead_score", models.SmallIntegerField(default=0, verbose_name="score")),
                ("source", models.CharField(blank=True, max_length=80, verbose_name="source")),
                ("language", models.CharField(blank=True, max_length=40, verbose_name="language")),
                (
                    "links",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.URLField(max_length=300), blank=True, default=list, verbose_name="links"
                    ),
                ),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=50), blank=True, default=list, verbose_name="tags"
                    ),
                ),
                ("description", models.TextField(blank=True, max_length=10000, verbose_name="about")),
                ("do_not_email", models.BooleanField(default=False, verbose_name="do not e-mail")),
                ("do_not_call", models.BooleanField(default=False, verbose_name="do not call")),
                ("consent_at", models.DateTimeField(blank=True, null=True, verbose_name="consent given")),
                ("consent_how", models.CharField(blank=True, max_length=200, verbose_name="how consent was given")),
                ("consent_basis", models.CharField(blank=True, max_length=200, verbose_name="legal basis")),
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
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
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
                        to="contacts.contact",
                    ),
                ),
            ],
            options={
                "verbose_name": "contact history",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["pgh_obj", "pgh_id"], name="contacts_contact_h_obj"),
                    models.Index(fields=["pgh_context"], name="contacts_contact_h_set"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactPhone",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=crm.kernel.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.CharField(max_length=32, verbose_name="phone")),
                ("label", models.CharField(blank=True, max_length=30, verbose_name="kind")),
                ("primary", models.BooleanField(default=False, verbose_name="primary")),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="phones", to="contacts.contact"
                    ),
                ),
            ],
            options={
                "verbose_name": "phone",
                "verbose_name_plural": "phones",
                "indexes": [models.Index(fields=["number"], name="contactphone_number")],
                "constraints": [
                    models.UniqueConstraint(fields=("contact", "number"), name="contactphone_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("primary", True)), fields=("contact",), name="contactphone_one_primary"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactEmailHistory",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("recorded_at", models.DateTimeField(db_default=crm.kernel.core.history.ClockTimestamp())),
                ("id", models.UUIDField(default=crm.kernel.core.ids.uuid7, editable=False, serialize=False)),
                ("address", models.EmailField(max_length=254, verbose_name="e-mail")),
                ("primary", models.BooleanField(default=False, verbose_name="primary")),
                ("live", models.BooleanField(default=True, editable=False)),
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
                        to="contacts.contactemail",
                    ),
                ),
            ],
            options={
                "verbose_name": "e-mail address history",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["pgh_obj", "pgh_id"], name="contacts_contactemail_h_obj"),
                    models.Index(fields=["pgh_context"], name="contacts_contactemail_h_set"),
                    models.Index(fields=["contact", "pgh_id"], name="contacts_contactemail_h_par"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactPhoneHistory",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("recorded_at", models.DateTimeField(db_default=crm.kernel.core.history.ClockTimestamp())),
                ("id", models.UUIDField(default=crm.kernel.core.ids.uuid7, editable=False, serialize=False)),
                ("number", models.CharField(max_length=32, verbose_name="phone")),
                ("label", models.CharField(blank=True, max_length=30, verbose_name="kind")),
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
                        to="contacts.contactphone",
                    ),
                ),
            ],
            options={
                "verbose_name": "phone history",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["pgh_obj", "pgh_id"], name="contacts_contactphone_h_obj"),
                    models.Index(fields=["pgh_context"], name="contacts_contactphone_h_set"),
                    models.Index(fields=["contact", "pgh_id"], name="contacts_contactphone_h_par"),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="company",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "contacts_companyhistory" ("binned_at", "city", "country", "created_at", "description", "external_id", "id", "import_source", "industry", "name", "owner_id", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "postal_code", "region", "size_band", "street", "tags", "website") VALUES (NEW."binned_at", NEW."city", NEW."country", NEW."created_at", NEW."description", NEW."external_id", NEW."id", NEW."import_source", NEW."industry", NEW."name", NEW."owner_id", NEW."parent_id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'insert\', NEW."id", NEW."postal_code", NEW."region", NEW."size_band", NEW."street", NEW."tags", NEW."website"); RETURN NULL;',
                    hash="e90859546b4eefe1118dc1dcffb0edfb9a4df4ae",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_2026b",
                    table="contacts_company",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="company",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."binned_at" IS DISTINCT FROM (NEW."binned_at") OR OLD."city" IS DISTINCT FROM (NEW."city") OR OLD."country" IS DISTINCT FROM (NEW."country") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."external_id" IS DISTINCT FROM (NEW."external_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."import_source" IS DISTINCT FROM (NEW."import_source") OR OLD."industry" IS DISTINCT FROM (NEW."industry") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."owner_id" IS DISTINCT FROM (NEW."owner_id") OR OLD."parent_id" IS DISTINCT FROM (NEW."parent_id") OR OLD."postal_code" IS DISTINCT FROM (NEW."postal_code") OR OLD."region" IS DISTINCT FROM (NEW."region") OR OLD."size_band" IS DISTINCT FROM (NEW."size_band") OR OLD."street" IS DISTINCT FROM (NEW."street") OR OLD."tags" IS DISTINCT FROM (NEW."tags") OR OLD."website" IS DISTINCT FROM (NEW."website"))',
                    func='INSERT INTO "contacts_companyhistory" ("binned_at", "city", "country", "created_at", "description", "external_id", "id", "import_source", "industry", "name", "owner_id", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "postal_code", "region", "size_band", "street", "tags", "website") VALUES (NEW."binned_at", NEW."city", NEW."country", NEW."created_at", NEW."description", NEW."external_id", NEW."id", NEW."import_source", NEW."industry", NEW."name", NEW."owner_id", NEW."parent_id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'update\', NEW."id", NEW."postal_code", NEW."region", NEW."size_band", NEW."street", NEW."tags", NEW."website"); RETURN NULL;',
                    hash="79bfcec63b2857a2868b2e2d169f2d4e06cb5f36",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_bed97",
                    table="contacts_company",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="company",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "contacts_companyhistory" ("binned_at", "city", "country", "created_at", "description", "external_id", "id", "import_source", "industry", "name", "owner_id", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "postal_code", "region", "size_band", "street", "tags", "website") VALUES (OLD."binned_at", OLD."city", OLD."country", OLD."created_at", OLD."description", OLD."external_id", OLD."id", OLD."import_source", OLD."industry", OLD."name", OLD."owner_id", OLD."parent_id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'delete\', OLD."id", OLD."postal_code", OLD."region", OLD."size_band", OLD."street", OLD."tags", OLD."website"); RETURN NULL;',
                    hash="b57e68d945204b76257e8b30c1b870662791df78",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_59965",
                    table="contacts_company",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="companydomain",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "contacts_companydomainhistory" ("company_id", "domain", "id", "live", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."company_id", NEW."domain", NEW."id", NEW."live", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'insert\', NEW."id"); RETURN NULL;',
                    hash="25cf527b5bacd408df86cc6bfc08151453e982c6",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_463aa",
                    table="contacts_companydomain",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="companydomain",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "contacts_companydomainhistory" ("company_id", "domain", "id", "live", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."company_id", NEW."domain", NEW."id", NEW."live", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'update\', NEW."id"); RETURN NULL;',
                    hash="ee18e5c304a7e6c84efb8428c175ec1f2846aa2f",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_aca88",
                    table="contacts_companydomain",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="companydomain",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "contacts_companydomainhistory" ("company_id", "domain", "id", "live", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."company_id", OLD."domain", OLD."id", OLD."live", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'delete\', OLD."id"); RETURN NULL;',
                    hash="871b1af638bf4f8322614151f938d00118047781",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_c0c7d",
                    table="contacts_companydomain",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="companyemail",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "contacts_companyemailhistory" ("address", "company_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "primary") VALUES (NEW."address", NEW."company_id", NEW."id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'insert\', NEW."id", NEW."primary"); RETURN NULL;',
                    hash="76967f9af18bf59654796d81457dfcd8a04e8179",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_baf53",
                    table="contacts_companyemail",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="companyemail",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "contacts_companyemailhistory" ("address", "company_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "primary") VALUES (NEW."address", NEW."company_id", NEW."id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'update\', NEW."id", NEW."primary"); RETURN NULL;',
                    hash="cde8514d1c0fff5d2736b33719ef30468f800111",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_8b06f",
                    table="contacts_companyemail",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="companyemail",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "contacts_companyemailhistory" ("address", "company_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "primary") VALUES (OLD."address", OLD."company_id", OLD."id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'delete\', OLD."id", OLD."primary"); RETURN NULL;',
                    hash="4d82ebaa54fefc4d5316c6c13d313b7ffdcda1e9",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_5fbb0",
                    table="contacts_companyemail",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="companyphone",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "contacts_companyphonehistory" ("company_id", "id", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "primary") VALUES (NEW."company_id", NEW."id", NEW."number", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'insert\', NEW."id", NEW."primary"); RETURN NULL;',
                    hash="bd85fb5ced0753da7c0feba4e8dd5799699acb97",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_a6a40",
                    table="contacts_companyphone",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="companyphone",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "contacts_companyphonehistory" ("company_id", "id", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "primary") VALUES (NEW."company_id", NEW."id", NEW."number", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'update\', NEW."id", NEW."primary"); RETURN NULL;',
                    hash="8fff554b3bd5d45cf7536cdad41a7b772c93dec2",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_30049",
                    table="contacts_companyphone",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="companyphone",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "contacts_companyphonehistory" ("company_id", "id", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "primary") VALUES (OLD."company_id", OLD."id", OLD."number", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'delete\', OLD."id", OLD."primary"); RETURN NULL;',
                    hash="e067ffadb008764aaa5d5a155c1bf9f691b01d7d",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_e741c",
                    table="contacts_companyphone",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="contact",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "contacts_contacthistory" ("binned_at", "churned_on", "churned_reason", "city", "company_id", "consent_at", "consent_basis", "consent_how", "country", "created_at", "description", "do_not_call", "do_not_email", "external_id", "first_name", "id", "import_source", "job_title", "language", "last_name", "lead_score", "lead_status", "lifecycle", "links", "middle_name", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "postal_code", "region", "source", "street", "tags", "unqualified_reason") VALUES (NEW."binned_at", NEW."churned_on", NEW."churned_reason", NEW."city", NEW."company_id", NEW."consent_at", NEW."consent_basis", NEW."consent_how", NEW."country", NEW."created_at", NEW."description", NEW."do_not_call", NEW."do_not_email", NEW."external_id", NEW."first_name", NEW."id", NEW."import_source", NEW."job_title", NEW."language", NEW."last_name", NEW."lead_score", NEW."lead_status", NEW."lifecycle", NEW."links", NEW."middle_name", NEW."owner_id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'insert\', NEW."id", NEW."postal_code", NEW."region", NEW."source", NEW."street", NEW."tags", NEW."unqualified_reason"); RETURN NULL;',
                    hash="90d0c9ac29ce97fe65b933f898634b700bc79803",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_60225",
                    table="contacts_contact",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="contact",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."binned_at" IS DISTINCT FROM (NEW."binned_at") OR OLD."churned_on" IS DISTINCT FROM (NEW."churned_on") OR OLD."churned_reason" IS DISTINCT FROM (NEW."churned_reason") OR OLD."city" IS DISTINCT FROM (NEW."city") OR OLD."company_id" IS DISTINCT FROM (NEW."company_id") OR OLD."consent_at" IS DISTINCT FROM (NEW."consent_at") OR OLD."consent_basis" IS DISTINCT FROM (NEW."consent_basis") OR OLD."consent_how" IS DISTINCT FROM (NEW."consent_how") OR OLD."country" IS DISTINCT FROM (NEW."country") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."do_not_call" IS DISTINCT FROM (NEW."do_not_call") OR OLD."do_not_email" IS DISTINCT FROM (NEW."do_not_email") OR OLD."external_id" IS DISTINCT FROM (NEW."external_id") OR OLD."first_name" IS DISTINCT FROM (NEW."first_name") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."import_source" IS DISTINCT FROM (NEW."import_source") OR OLD."job_title" IS DISTINCT FROM (NEW."job_title") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."last_name" IS DISTINCT FROM (NEW."last_name") OR OLD."lead_score" IS DISTINCT FROM (NEW."lead_score") OR OLD."lead_status" IS DISTINCT FROM (NEW."lead_status") OR OLD."lifecycle" IS DISTINCT FROM (NEW."lifecycle") OR OLD."links" IS DISTINCT FROM (NEW."links") OR OLD."middle_name" IS DISTINCT FROM (NEW."middle_name") OR OLD."owner_id" IS DISTINCT FROM (NEW."owner_id") OR OLD."postal_code" IS DISTINCT FROM (NEW."postal_code") OR OLD."region" IS DISTINCT FROM (NEW."region") OR OLD."source" IS DISTINCT FROM (NEW."source") OR OLD."street" IS DISTINCT FROM (NEW."street") OR OLD."tags" IS DISTINCT FROM (NEW."tags") OR OLD."unqualified_reason" IS DISTINCT FROM (NEW."unqualified_reason"))',
                    func='INSERT INTO "contacts_contacthistory" ("binned_at", "churned_on", "churned_reason", "city", "company_id", "consent_at", "consent_basis", "consent_how", "country", "created_at", "description", "do_not_call", "do_not_email", "external_id", "first_name", "id", "import_source", "job_title", "language", "last_name", "lead_score", "lead_status", "lifecycle", "links", "middle_name", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "postal_code", "region", "source", "street", "tags", "unqualified_reason") VALUES (NEW."binned_at", NEW."churned_on", NEW."churned_reason", NEW."city", NEW."company_id", NEW."consent_at", NEW."consent_basis", NEW."consent_how", NEW."country", NEW."created_at", NEW."description", NEW."do_not_call", NEW."do_not_email", NEW."external_id", NEW."first_name", NEW."id", NEW."import_source", NEW."job_title", NEW."language", NEW."last_name", NEW."lead_score", NEW."lead_status", NEW."lifecycle", NEW."links", NEW."middle_name", NEW."owner_id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'update\', NEW."id", NEW."postal_code", NEW."region", NEW."source", NEW."street", NEW."tags", NEW."unqualified_reason"); RETURN NULL;',
                    hash="01c8ab7b1c63d0afb07078b2c84f6ca5fdbbc36f",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_7498c",
                    table="contacts_contact",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="contact",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "contacts_contacthistory" ("binned_at", "churned_on", "churned_reason", "city", "company_id", "consent_at", "consent_basis", "consent_how", "country", "created_at", "description", "do_not_call", "do_not_email", "external_id", "first_name", "id", "import_source", "job_title", "language", "last_name", "lead_score", "lead_status", "lifecycle", "links", "middle_name", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "postal_code", "region", "source", "street", "tags", "unqualified_reason") VALUES (OLD."binned_at", OLD."churned_on", OLD."churned_reason", OLD."city", OLD."company_id", OLD."consent_at", OLD."consent_basis", OLD."consent_how", OLD."country", OLD."created_at", OLD."description", OLD."do_not_call", OLD."do_not_email", OLD."external_id", OLD."first_name", OLD."id", OLD."import_source", OLD."job_title", OLD."language", OLD."last_name", OLD."lead_score", OLD."lead_status", OLD."lifecycle", OLD."links", OLD."middle_name", OLD."owner_id", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'delete\', OLD."id", OLD."postal_code", OLD."region", OLD."source", OLD."street", OLD."tags", OLD."unqualified_reason"); RETURN NULL;',
                    hash="c70a60a891adb1c6cf861949f1f1270769499c0e",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_e2e36",
                    table="contacts_contact",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="contactemail",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "contacts_contactemailhistory" ("address", "contact_id", "id", "live", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "primary") VALUES (NEW."address", NEW."contact_id", NEW."id", NEW."live", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'insert\', NEW."id", NEW."primary"); RETURN NULL;',
                    hash="c850760c9930e6a94ed973318bcfe67e2dcd2ca8",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_a3fed",
                    table="contacts_contactemail",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="contactemail",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "contacts_contactemailhistory" ("address", "contact_id", "id", "live", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "primary") VALUES (NEW."address", NEW."contact_id", NEW."id", NEW."live", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'update\', NEW."id", NEW."primary"); RETURN NULL;',
                    hash="2bfdc3137c5c87727ba6d4175e9a6ac214eeb6b5",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_650fa",
                    table="contacts_contactemail",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="contactemail",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "contacts_contactemailhistory" ("address", "contact_id", "id", "live", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "primary") VALUES (OLD."address", OLD."contact_id", OLD."id", OLD."live", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'delete\', OLD."id", OLD."primary"); RETURN NULL;',
                    hash="6d46cf49b72d29bf3d3f5a631d00843a53f9ccab",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_5784a",
                    table="contacts_contactemail",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="contactphone",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "contacts_contactphonehistory" ("contact_id", "id", "label", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "primary") VALUES (NEW."contact_id", NEW."id", NEW."label", NEW."number", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'insert\', NEW."id", NEW."primary"); RETURN NULL;',
                    hash="9dd782b339963d4d174e5165922d56dd5eb609f6",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_6c368",
                    table="contacts_contactphone",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="contactphone",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "contacts_contactphonehistory" ("contact_id", "id", "label", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "primary") VALUES (NEW."contact_id", NEW."id", NEW."label", NEW."number", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'update\', NEW."id", NEW."primary"); RETURN NULL;',
                    hash="477a116185e9dcee8cef9ece1b0c66fe3c04e19a",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_fb7d2",
                    table="contacts_contactphone",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="contactphone",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "contacts_contactphonehistory" ("contact_id", "id", "label", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "primary") VALUES (OLD."contact_id", OLD."id", OLD."label", OLD."number", _pgh_attach_context(), COALESCE(NULLIF(current_setting(\'crm.at\', true), \'\')::timestamptz, clock_timestamp()), \'delete\', OLD."id", OLD."primary"); RETURN NULL;',
                    hash="6c43326c1814ace4b0c729a8f08932c4ec7788c2",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_00976",
                    table="contacts_contactphone",
                    when="AFTER",
                ),
            ),
        ),
    ]
