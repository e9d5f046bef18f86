"""Who may open and post to which address: every URL x (GET, POST) x seven people, generated from the resolver.

Each row of `MATRIX` names a view and what GET and POST answer, as a pattern of `PATTERNS` or `-` for 405. A new view
without a row fails. Whoever is refused (sign-in, 403, 404, 405) must have written nothing, by the database's counters.
"""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client, override_settings
from django.urls import get_resolver, reverse
from django.utils import timezone

from activities.mail.services.blocks import block_address
from activities.mail.services.queue import queue_template_mail, unsubscribe_link
from activities.mail.services.templates import create_template
from activities.services.files import add_files
from activities.services.recording import ActivityRow, log_activity
from activities.services.tasks import TaskRow, create_task
from contacts.models import Contact
from contacts.services.companies import create_company
from contacts.services.contacts import create_contact, edit_contact
from contacts.services.duplicates.pairs import dismiss_pair
from contacts.services.duplicates.scan import start_scan
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.history import history_of
from crm.kernel.customfields.models import FieldJob
from crm.kernel.customfields.services import create_field, remove_field
from crm.kernel.listing.bulk.services import begin_bulk
from crm.kernel.listing.exports.services import begin_export
from crm.kernel.listing.imports.services import receive_path
from crm.kernel.listing.purging.models import PurgeRun
from crm.kernel.listing.saved.members import create_list
from crm.kernel.listing.saved.services import create_view
from crm.kernel.listing.selection import Selection
from crm.kernel.notifications.models import Notification
from crm.kernel.users.models import Role, Team, User
from crm.kernel.users.policies import add_default_roles
from crm.kernel.users.services import add_absence, create_role, invite_person
from crm.kernel.workspace.models import ExchangeRate, Holiday, Workspace
from crm.reports.services import create_report_mail
from deals.models import Deal, LostReason, Pipeline, Stage
from deals.seeds import add_first_pipeline
from deals.services import add_person, create_deal
from tests.conftest import Diff, _counters, make_user
from workflows.services import create_rule, publish_rule, start_run
from workflows.webhooks.services.endpoints import allow_host, create_endpoint
from workflows.webhooks.services.queue import queue_webhook

pytestmark = pytest.mark.django_db  # without it there would be no test database to build the world in

PEOPLE = ("anonymous", "viewer", "owner", "mate", "stranger", "manager", "admin")
# What each of PEOPLE gets: `in` = the sign-in, `ok` = the view did or said something of its own, else the status.
PATTERNS = {
    "public": "ok ok ok ok ok ok ok",
    "outside": "ok ok ok ok ok ok ok",  # people who are in already are led home
    "all": "in ok ok ok ok ok ok",
    "settings": "in 403 403 403 403 403 ok",
    "personal": "in 403 403 403 404 403 ok",
    "personal archive": "in 403 403 403 403 403 404",  # fetched by whoever asked alone: proved in contacts/test_personal.py
    "rules": "in 403 403 403 403 ok ok",
    "importers": "in 403 403 403 403 ok ok",
    "makers": "in 403 ok ok ok ok ok",  # who may edit at least own records may make some
    "seen by team": "in ok ok ok 404 ok ok",
    "own or team": "in 403 ok 403 404 ok ok",  # edit: the owner, the manager, the admin
    "own": "in 403 ok 403 404 403 ok",  # delete: the owner and the admin
    "company, own or team": "in 403 ok 403 403 ok ok",
    "company, own": "in 403 ok 403 403 403 ok",
    "mine alone": "in 404 ok 404 404 404 404",
    "mine or admin": "in 404 ok 404 404 404 ok",
    "mine or admin looks": "in 404 ok 404 404 404 403",
    "my export": "in 404 404 404 404 ok 404",
    "no file yet": "in 404 404 404 404 404 404",
    "my import": "in 404 404 404 404 404 ok",
    "my template": "in 404 ok 404 404 404 ok",
    "my view": "in 404 ok 403 404 403 404",  # shared with the team
    "signs out": "in in in in in in in",
    "no second step": "in 404 404 404 404 404 404",
    "claim": "in 403 ok ok 404 ok ok",
    "merges": "in 403 403 403 403 ok ok",
    "mergers": "in 403 403 403 404 ok ok",  # the right to merge, and to edit both
    "sees and makes": "in 403 ok ok 404 ok ok",  # who sees a record and may make some may copy it, or log something
}  # fmt: skip
NOTHING = "-"

MATRIX: dict[str, tuple[str, str]] = {
    # view: (GET, POST)
    "core:nav_counts": ("all", NOTHING),
    "core:healthz": ("public", NOTHING),
    "core:readyz": ("public", NOTHING),
    # Signing in (allauth): its own tests prove what it does with a password.
    "account_login": ("outside", "outside"),
    "account_logout": ("all", "signs out"),
    "account_inactive": ("public", NOTHING),
    "account_reauthenticate": ("all", "all"),
    "account_change_password": ("all", "all"),
    "account_set_password": ("all", "all"),
    "account_reset_password": ("public", "public"),
    "account_reset_password_done": ("public", NOTHING),
    "account_reset_password_from_key": ("public", "public"),
    "account_reset_password_from_key_done": ("public", NOTHING),
    "mfa_index": ("all", NOTHING),
    "mfa_authenticate": ("all", "all"),
    "mfa_reauthenticate": ("all", "all"),
    "mfa_activate_totp": ("all", "all"),
    "mfa_deactivate_totp": ("no second step", "no second step"),
    "mfa_view_recovery_codes": ("no second step", NOTHING),
    "mfa_generate_recovery_codes": ("all", "all"),
    "mfa_download_recovery_codes": ("no second step", "no second step"),
    "usersessions_list": ("all", "all"),
    # People
    "users:setup": ("public", "public"),  # only leads home: proved in users/test_setup.py
    "users:accept_invitation": ("public", "public"),
    "users:profile": ("all", "all"),
    "users:set_theme": (NOTHING, "all"),
    "users:add_absence": (NOTHING, "all"),
    "users:remove_absence": (NOTHING, "mine or admin"),
    "users:settings_home": ("all", "all"),
    "users:people": ("settings", "settings"),
    "users:invite": ("settings", "settings"),
    "users:person_edit": ("settings", "settings"),
    "users:person_role": (NOTHING, "settings"),
    "users:resend_invitation": (NOTHING, "settings"),
    "users:cancel_invitation": (NOTHING, "settings"),
    "users:sign_out_person": (NOTHING, "settings"),
    "users:leave": ("settings", "settings"),
    "users:teams": ("settings", "settings"),
    "users:team_new": ("settings", "settings"),
    "users:team_edit": ("settings", "settings"),
    "users:team_delete": (NOTHING, "settings"),
    "users:roles": ("settings", "settings"),
    "users:role_new": ("settings", "settings"),
    "users:role_edit": ("settings", "settings"),
    "users:role_delete": (NOTHING, "settings"),
    "workspace:workspace": ("settings", "settings"),
    "workspace:holidays": ("settings", "settings"),
    "workspace:holiday_remove": (NOTHING, "settings"),
    "workspace:rates": ("settings", "settings"),
    "workspace:rate_lines": (NOTHING, "settings"),
    "workspace:rate_remove": (NOTHING, "settings"),
    # History, notifications, search
    "audit:undo": (NOTHING, "mine or admin"),
    "audit:record_history": ("seen by team", NOTHING),
    "audit:restore_value": (NOTHING, "own or team"),
    "audit:sets": ("all", NOTHING),
    "audit:set_detail": ("mine or admin", NOTHING),
    "audit:conflicts": ("mine or admin", NOTHING),
    "notifications:list": ("all", NOTHING),
    "notifications:count": ("all", NOTHING),
    "notifications:read_all": (NOTHING, "all"),
    "notifications:open": (NOTHING, "mine alone"),
    "notifications:choices": ("all", "all"),
    "search:search": ("all", NOTHING),
    "search:palette": ("all", NOTHING),
    "search:pinned": ("all", NOTHING),
    "search:favourite": (NOTHING, "seen by team"),
    # Bulk actions
    "listing:bulk_action": (NOTHING, "makers"),
    "listing:bulk_run": ("mine or admin", NOTHING),
    "listing:bulk_stop": (NOTHING, "mine or admin"),
    "listing:bulk_resume": (NOTHING, "mine or admin looks"),
    "listing:bulk_refused": ("mine or admin", NOTHING),
    # Saved views and layouts
    "listing:view_new": ("all", "all"),
    "listing:pinned_views": ("all", NOTHING),
    "listing:view_edit": ("my view", "my view"),
    "listing:view_update": (NOTHING, "my view"),
    "listing:view_delete": (NOTHING, "my view"),
    "listing:record_lists": ("all", NOTHING),
    "listing:list_new": ("all", "all"),
    "listing:list_put": (NOTHING, "all"),
    "listing:list_edit": ("my view", "my view"),
    "listing:list_delete": (NOTHING, "my view"),
    "listing:list_layout": (NOTHING, "all"),
    "listing:list_prefer": (NOTHING, "all"),
    # Export
    "listing:export_new": ("importers", "importers"),
    "listing:export_run": ("my export", NOTHING),
    "listing:export_stop": (NOTHING, "my export"),
    "listing:export_restart": (NOTHING, "my export"),
    "listing:export_file": ("no file yet", NOTHING),
    "listing:export_everything": ("settings", "settings"),
    # The purge of the bin
    "listing:bin_home": ("settings", NOTHING),
    "listing:purge_new": ("settings", "settings"),
    "listing:purge_run": ("settings", NOTHING),
    "listing:purge_stop": (NOTHING, "settings"),
    "listing:purge_resume": (NOTHING, "settings"),
    # Import
    "listing:import_list": ("importers", NOTHING),
    "listing:import_new": ("importers", "importers"),
    "listing:import_run": ("my import", NOTHING),
    "listing:import_columns": ("my import", "my import"),
    "listing:import_format": (NOTHING, "my import"),
    "listing:import_values": ("my import", "my import"),
    "listing:import_start": (NOTHING, "my import"),
    "listing:import_stop": (NOTHING, "my import"),
    "listing:import_resume": (NOTHING, "my import"),
    "listing:import_undo": (NOTHING, "my import"),
    "listing:import_discard": (NOTHING, "my import"),
    "listing:import_problems": ("my import", NOTHING),
    # Contacts and companies
    "contacts:contact_list": ("all", NOTHING),
    "contacts:contact_new": ("makers", "makers"),
    "contacts:contact_bin_list": ("all", NOTHING),
    "contacts:contact_options": ("all", NOTHING),
    "contacts:contact_detail": ("seen by team", NOTHING),
    "contacts:contact_edit": ("own or team", "own or team"),
    "contacts:contact_stage": ("own or team", "own or team"),
    "contacts:contact_claim": (NOTHING, "claim"),
    "contacts:contact_bin": (NOTHING, "own"),
    "contacts:contact_restore": (NOTHING, "own"),
    "contacts:contact_personal": ("personal", NOTHING),
    "contacts:contact_archive": (NOTHING, "personal"),
    "contacts:contact_erase": (NOTHING, "personal"),
    "contacts:personal_archive": ("personal archive", NOTHING),
    "contacts:contact_field": ("seen by team", "own or team"),
    "contacts:lead_list": ("all", NOTHING),
    "contacts:lead_new": ("makers", "makers"),
    "contacts:company_list": ("all", NOTHING),
    "contacts:company_new": ("makers", "makers"),
    "contacts:company_bin_list": ("all", NOTHING),
    "contacts:company_options": ("all", NOTHING),
    "contacts:company_detail": ("all", NOTHING),
    "contacts:company_edit": ("company, own or team", "company, own or team"),
    "contacts:company_bin": (NOTHING, "company, own"),
    "contacts:company_restore": (NOTHING, "company, own"),
    "contacts:company_field": ("all", "company, own or team"),
    # Duplicates
    "contacts:duplicate_list": ("all", NOTHING),
    "contacts:duplicate_merge": ("seen by team", "mergers"),
    "contacts:duplicate_dismiss": (NOTHING, "own or team"),
    "contacts:duplicate_pick": ("merges", "merges"),
    "contacts:duplicate_ticked": (NOTHING, "merges"),
    "contacts:dismissal_list": ("all", NOTHING),
    "contacts:dismissal_undo": (NOTHING, "own or team"),
    "contacts:duplicate_hints": ("makers", NOTHING),
    "contacts:duplicate_rules": ("settings", "settings"),
    "contacts:duplicate_rules_home": ("settings", NOTHING),
    "contacts:scan_start": (NOTHING, "settings"),
    "contacts:scan_stop": (NOTHING, "settings"),
    "contacts:scan_resume": (NOTHING, "settings"),
    # Deals
    "deals:deal_list": ("all", NOTHING),
    "deals:board": ("all", NOTHING),
    "deals:board_changes": ("all", NOTHING),
    "deals:board_past": ("all", NOTHING),
    "deals:quick_add": ("makers", "makers"),
    "deals:deal_new": ("makers", "makers"),
    "deals:deal_bin": ("all", NOTHING),
    "deals:deal_detail": ("seen by team", NOTHING),
    "deals:deal_edit": ("own or team", "own or team"),
    "deals:deal_owner": ("own or team", "own or team"),
    "deals:deal_field": ("seen by team", "own or team"),
    "deals:deal_move": ("own or team", "own or team"),
    "deals:deal_reopen": (NOTHING, "own or team"),
    "deals:deal_pipeline": ("own or team", "own or team"),
    "deals:deal_keep": ("own or team", "own or team"),
    "deals:deal_snooze": ("own or team", "own or team"),
    "deals:deal_clone": (NOTHING, "sees and makes"),
    "deals:deal_person_add": ("own or team", "own or team"),
    "deals:deal_person": ("own or team", "own or team"),
    "deals:deal_binned": (NOTHING, "own"),
    "deals:deal_restored": (NOTHING, "own"),
    "deals:stage_settings": ("settings", NOTHING),
    "deals:pipeline_new": ("settings", "settings"),
    "deals:pipeline_edit": ("settings", "settings"),
    "deals:pipeline_archive": (NOTHING, "settings"),
    "deals:probabilities_adopt": ("settings", "settings"),
    "deals:stage_order": (NOTHING, "settings"),
    "deals:stage_new": ("settings", "settings"),
    "deals:stage_edit": ("settings", "settings"),
    "deals:stage_archive": ("settings", "settings"),
    "deals:reason_new": ("settings", "settings"),
    "deals:reason_order": (NOTHING, "settings"),
    "deals:reason_edit": ("settings", "settings"),
    "deals:reason_archive": (NOTHING, "settings"),
    "deals:lead_qualify": ("own or team", "own or team"),
    # Reports
    "reports:report_home": ("all", NOTHING),
    "reports:report_index": ("all", NOTHING),
    "reports:report": ("all", NOTHING),
    "reports:view_new": ("all", "all"),
    "reports:view_remove": (NOTHING, "my view"),
    "reports:mail_list": ("all", NOTHING),
    "reports:mail_new": ("makers", "makers"),
    "reports:mail_edit": ("mine or admin", "mine or admin"),
    "reports:mail_remove": (NOTHING, "mine or admin"),
    "reports:targets": ("importers", "importers"),
    # Custom fields
    "customfields:field_list": ("settings", NOTHING),
    "customfields:field_new": ("settings", "settings"),
    "customfields:field_order": (NOTHING, "settings"),
    "customfields:field_edit": ("settings", "settings"),
    "customfields:field_options": (NOTHING, "settings"),
    "customfields:option_remove": ("settings", "settings"),
    "customfields:field_type": ("settings", "settings"),
    "customfields:field_settle": (NOTHING, "settings"),
    "customfields:field_remove": ("settings", "settings"),
    "customfields:field_restore": (NOTHING, "settings"),
    "customfields:field_job": (NOTHING, "settings"),
    # Activities, tasks, timeline
    "activities:my_day": ("all", NOTHING),
    "activities:move_late": (NOTHING, "all"),
    "activities:task_list": ("all", NOTHING),
    "activities:task_bin_list": ("all", NOTHING),
    "activities:task_new": ("makers", "makers"),
    "activities:record_options": ("all", NOTHING),
    "activities:task_page": ("seen by team", NOTHING),
    "activities:task_edit": ("own or team", "own or team"),
    "activities:task_complete": (NOTHING, "own or team"),
    "activities:task_reschedule": ("own or team", "own or team"),
    "activities:task_bin": (NOTHING, "own"),
    "activities:task_restore": (NOTHING, "own"),
    "activities:activity_list": ("all", NOTHING),
    "activities:activity_bin_list": ("all", NOTHING),
    "activities:activity_new": ("makers", "makers"),
    "activities:people_options": ("all", NOTHING),
    "activities:activity_page": ("seen by team", NOTHING),
    "activities:activity_edit": ("own or team", "own or team"),
    "activities:activity_complete": (NOTHING, "own or team"),
    "activities:activity_reschedule": ("own or team", "own or team"),
    "activities:activity_pin": (NOTHING, "own or team"),
    "activities:activity_bin": (NOTHING, "own"),
    "activities:activity_restore": (NOTHING, "own"),
    "activities:files": ("seen by team", "sees and makes"),
    "activities:file_download": ("seen by team", NOTHING),
    "activities:file_preview": ("seen by team", NOTHING),
    "activities:file_rename": ("own or team", "own or team"),
    "activities:file_bin": (NOTHING, "own"),
    "activities:file_restore": (NOTHING, "own"),
    "activities:timeline": ("seen by team", NOTHING),
    "activities:timeline_log": ("sees and makes", "sees and makes"),
    # Automation
    "workflows:rule_list": ("rules", NOTHING),
    "workflows:rule_new": ("rules", "rules"),
    "workflows:rule_house": (NOTHING, "rules"),
    "workflows:run_list": ("rules", NOTHING),
    "workflows:run_steer": (NOTHING, "rules"),
    "workflows:run_page": ("rules", NOTHING),
    "workflows:record_rules": ("seen by team", NOTHING),
    "workflows:record_start": (NOTHING, "own or team"),
    "workflows:rule_page": ("rules", "rules"),
    "workflows:rule_name": ("rules", "rules"),
    "workflows:rule_owner": ("rules", "rules"),
    "workflows:rule_publish": ("rules", "rules"),
    "workflows:rules_text": ("rules", NOTHING),
    "workflows:rules_import": ("rules", "rules"),
    "workflows:rule_text": ("rules", NOTHING),
    "workflows:rule_try": ("rules", "rules"),
    "workflows:rule_try_stop": (NOTHING, "rules"),
    "workflows:rule_tried": ("rules", NOTHING),
    "workflows:rule_pause": (NOTHING, "rules"),
    "workflows:rule_resume": (NOTHING, "rules"),
    "workflows:rule_discard": (NOTHING, "rules"),
    "workflows:rule_copy": (NOTHING, "rules"),
    "workflows:rule_delete": (NOTHING, "rules"),
    "workflows:rule_version": ("rules", NOTHING),
    "workflows:rule_restore": (NOTHING, "rules"),
    # Webhooks
    "webhooks:endpoints": ("settings", "settings"),
    "webhooks:host_allow": (NOTHING, "settings"),
    "webhooks:host_forbid": (NOTHING, "settings"),
    "webhooks:delivery": ("settings", NOTHING),
    "webhooks:delivery_again": (NOTHING, "settings"),
    "webhooks:delivery_cancel": (NOTHING, "settings"),
    "webhooks:endpoint": ("settings", "settings"),
    "webhooks:endpoint_rotate": (NOTHING, "settings"),
    "webhooks:endpoint_remove": (NOTHING, "settings"),
    "webhooks:endpoint_test": (NOTHING, "settings"),
    # E-mail
    "activities:template_list": ("makers", NOTHING),
    "activities:template_new": ("makers", "makers"),
    "activities:template_edit": ("my template", "my template"),
    "activities:template_archive": (NOTHING, "my template"),
    "activities:template_restore": (NOTHING, "my template"),
    "activities:template_test": (NOTHING, "my template"),
    "activities:template_frame": ("my template", NOTHING),
    "activities:outbox": ("all", NOTHING),
    "activities:mail_detail": ("seen by team", NOTHING),
    "activities:mail_cancel": (NOTHING, "own or team"),
    "activities:mail_retry": (NOTHING, "own or team"),
    "activities:block_list": ("settings", "settings"),
    "activities:block_lift": (NOTHING, "settings"),
    "activities:unsubscribe": ("public", "public"),
    "activities:compose": ("sees and makes", "sees and makes"),
}


@dataclass(frozen=True)
class View:
    """One named address of the resolver."""

    name: str
    route: str


def views() -> list[View]:
    """Return all views but the admin's, which has tests of its own (tests/admin)."""

    def walk(patterns, namespace: str, prefix: str) -> Iterator[View]:
        for each in patterns:
            if hasattr(each, "url_patterns"):
                if each.namespace != "admin":
                    inner = ":".join(part for part in (namespace, each.namespace) if part)
                    yield from walk(each.url_patterns, inner, prefix + str(each.pattern))
            else:
                yield View(":".join(part for part in (namespace, each.name) if part), prefix + str(each.pattern))

    return list(walk(get_resolver().url_patterns, "", ""))


@dataclass
class World:
    """A small company with one of everything, all of it `owner`'s, and a client for each of PEOPLE."""

    browser: Client = field(default_factory=Client)
    people: dict[str, User] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    ids: dict[str, object] = field(default_factory=dict)
    sent: dict[str, dict[str, object]] = field(default_factory=dict)

    def client(self, person: str) -> Client:
        """Return the one client, with the cookies of this person alone: a new one would load the middleware again."""
        self.browser.cookies.clear()
        if person in self.people:
            self.browser.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[person]
        return self.browser

    def log_in(self) -> None:
        """Start a session for each person."""
        for name, person in self.people.items():
            client = Client()
            client.force_login(person)
            self.sessions[name] = client.cookies[settings.SESSION_COOKIE_NAME].value

    def kwargs(self, view: View) -> dict[str, object]:
        """Return the arguments of a view's address, by the beginning of its route."""
        names = re.findall(r"<(?:\w+:)?(\w+)>", view.route)
        if not names:
            return {}
        own = {**self.ids["special"].get(view.name, {})}  # type: ignore[attr-defined]
        start = next((key for key in self.ids if view.route.startswith(key)), "")
        defaults = {
            "pk": self.ids.get(start),
            "kind": "deal",
            "form": "note",
            "key": "source",
            "contact": self.ids["contacts/"],
        }
        return {name: own.get(name, defaults.get(name)) for name in names}


def build() -> World:
    """Make the people and their records through the services."""
    with changeset(Actor.system("test data"), "test.world"):
        add_default_roles(Role)
        add_first_pipeline(Pipeline, Stage, LostReason)
        Workspace.objects.create(name="Brightwater", base_currency="USD", timezone="Europe/London")
        office = Team.objects.create(name="Sales")
        east = Team.objects.create(name="East", parent=office)
        west = Team.objects.create(name="West", parent=office)
        empty = Team.objects.create(name="Empty")
        holiday = Holiday.objects.create(day=dt.date(2026, 12, 24), name="Christmas Eve")
        rate = ExchangeRate.objects.create(currency="EUR", day=dt.date(2026, 1, 1), rate=1)
    teams = {"viewer": None, "owner": east, "mate": east, "stranger": west, "manager": east, "admin": office}
    roles = {"owner": "rep", "mate": "rep", "stranger": "rep"}
    people = {
        name: make_user(f"{name}@test.example", name.title(), roles.get(name, name), team)
        for name, team in teams.items()
    }
    with changeset(Actor.system("test data"), "test.world"):
        Team.objects.filter(pk=east.pk).update(manager=people["manager"])
    world = World(people=people)
    world.log_in()
    owner, boss = people["owner"], Actor.of(people["admin"])
    _records(world, owner)
    invited, link = invite_person(email="i@test.example", name="Invited", role=Role.objects.get(key="rep"), actor=boss)
    role = create_role(name="Spare", levels=Role.objects.get(key="rep").levels, flags=[], actor=boss)
    absence = add_absence(
        person_id=owner.pk, starts_on=dt.date(2026, 12, 1), ends_on=dt.date(2026, 12, 2), actor=Actor.of(owner)
    )
    note = Notification.objects.create(user=owner, topic="task", text="x", key="x")
    (settings.VAR_DIR / "people.csv").write_text("First name,Last name\nMaya,Lind\n")
    run = receive_path(actor=boss, kind="contacts", path=settings.VAR_DIR / "people.csv")
    tagged = {"tags": ["x"], "step": ["go"]}
    chosen = Selection("contacts", "", (str(world.ids["contacts/"]),))
    bulk = begin_bulk(actor=Actor.of(owner), selection=chosen, action="tag", params=tagged)
    field = create_field(record_kind="contact", label="Region", type="dropdown", options=["East", "West"], actor=boss)
    gone = create_field(record_kind="contact", label="Gone", type="text", actor=boss)
    remove_field(field_id=gone.pk, actor=boss)
    purge = PurgeRun.objects.create(user=people["admin"], kind="all", before=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    job = FieldJob.objects.create(field_id=field.pk, task=FieldJob.Task.SEARCH)
    everything = Selection("contacts", "", (), True)
    export = begin_export(actor=Actor.of(people["manager"]), selection=everything, format="csv", what="fields")
    pipeline = Pipeline.objects.get()
    second = {"stage": str(pipeline.stages.order_by("position")[1].pk)}
    tag = {"list": "contacts", "ids": chosen.ids[0], "tags": "x", "step": "go"}
    title = history_of(Deal).objects.filter(pgh_obj_id=world.ids["deals/"]).first()
    earlier = {"field": "title", "row": title.pgh_id}
    world.sent = {
        "deals:deal_move": second,
        "deals:quick_add": second,
        "listing:bulk_action": tag,
        "audit:restore_value": earlier,
        "listing:view_new": {"list": "contacts", "name": "New", "shared": "nobody"},
        "listing:list_layout": {"column": "city"},
        "listing:list_put": {"list": "contacts", "ids": chosen.ids[0], "name": "Guests", "step": "add"},
        "listing:list_prefer": {"view": "mine", "pinned": "1"},
    }
    values = {"name": "Ours", "shared": "team", "team": east}
    listed = create_list(record_kind="contact", values=values, actor=Actor.of(owner))
    saved = create_view(list_key="contacts", query="owner=me", layout={}, values=values, actor=Actor.of(owner))
    told = create_view(list_key="report:pipeline", query="", layout={}, values=values, actor=Actor.of(owner))
    weekly = {"report": "pipeline", "query": "", "every": "week"}
    mail = create_report_mail(**weekly, recipients=[people["mate"]], actor=Actor.of(owner))
    world.sent["listing:export_new"] = {"list": "contacts", "query": ""}
    world.ids |= {
        "settings/people/": people["mate"].pk,
        "settings/teams/": empty.pk,
        "settings/roles/": role.pk,
        "settings/holidays/": holiday.pk,
        "settings/rates/": rate.pk,
        "settings/pipelines/": pipeline.pk,
        "settings/stages/": pipeline.stages.order_by("position")[1].pk,
        "settings/reasons/": LostReason.objects.order_by("position")[0].pk,
        "settings/fields/jobs/": job.pk,
        "settings/fields/": field.pk,
        "profile/absences/": absence.pk,
        "notifications/": note.pk,
        "views/": saved.pk,
        "reports/views/": told.pk,
        "reports/mails/": mail.pk,
        "lists/": listed.pk,
        "import/": run.pk,
        "personal/": run.pk,
        "settings/bin/runs/": purge.pk,
        "bulk/runs/": bulk.pk,
        "export/": export.pk,
    }
    invitation = {"pk": invited.pk}
    scan = start_scan(kind="company", actor=boss)
    world.ids |= _mail(world, owner, boss)
    rules = _rules(world, people["manager"])
    world.ids["special"] = {
        **rules,
        **_double(world, owner),
        "contacts:scan_stop": {"pk": scan.pk},
        "contacts:scan_resume": {"pk": scan.pk},
        "users:resend_invitation": invitation,
        "users:cancel_invitation": invitation,
        "users:accept_invitation": {"token": link.rstrip("/").rsplit("/", 1)[1]},
        "account_reset_password_from_key": {"uidb36": "1", "key": "set-password"},
        "contacts:contact_field": {"key": "job_title"},
        "contacts:company_field": {"key": "industry"},
        "listing:bulk_action": {"key": "tag"},
        "listing:purge_new": {"kind": "contact"},
        "listing:list_layout": {"key": "contacts"},
        "listing:list_prefer": {"key": "contacts"},
        "customfields:option_remove": {"key": "east"},
        "customfields:field_restore": {"pk": gone.pk},
        "reports:report": {"name": "pipeline"},
        "reports:mail_new": {"name": "pipeline"},
        "reports:view_new": {"name": "pipeline"},
        "search:favourite": {"pk": world.ids["deals/"]},
        "activities:files": {"pk": world.ids["deals/"]},
        "activities:unsubscribe": {"token": unsubscribe_link(world.ids["settings/outbox/"]).rsplit("/", 2)[1]},
        **world.ids.pop("binned"),  # type: ignore[dict-item]
    }
    return world


def _rules(world: World, manager: User) -> dict[str, dict[str, object]]:
    """Make a rule of the manager's that people start by hand, and a run of it for the owner's deal."""
    me = Actor.of(manager)
    document = {"trigger": {"kind": "manual"}, "steps": [{"action": "create_task", "options": {"title": "Call"}}]}
    rule = publish_rule(rule_id=create_rule(name="Hand-over", document=document, actor=me).pk, actor=me)
    run = start_run(rule_id=rule.pk, record_id=world.ids["deals/"], actor=me)  # type: ignore[arg-type]
    world.sent["workflows:record_start"] = {"rule": str(rule.pk)}
    world.ids |= {"workflows/runs/": run.pk, "workflows/on/": world.ids["deals/"], "workflows/": rule.pk}
    return {"workflows:rule_version": {"number": 1}, "workflows:rule_restore": {"number": 1}}


def _records(world: World, owner: User) -> None:
    """Make the owner's records, and one of each in the bin."""
    me = Actor.of(owner)
    company = create_company(values={"name": "Atlas", "owner_id": owner.pk}, actor=me)
    contact = create_contact(values={"first_name": "Lena", "owner_id": owner.pk}, actor=me)
    deal = create_deal(actor=me, title="Atlas rollout", owner=owner)
    add_person(deal_id=deal.pk, contact_id=contact.pk, actor=me)
    soon = timezone.now() + dt.timedelta(days=1)
    meeting = ActivityRow(type="meeting", subject="Demo", done=False, scheduled_at=soon, deal_id=deal.pk)
    activity = log_activity(row=meeting, actor=me)
    task = create_task(row=TaskRow(title="Call", deal_id=deal.pk), actor=me)
    picture = SimpleUploadedFile("plan.png", b"\x89PNG\r\n\x1a\n")
    (file,) = add_files(record=deal, uploads=[picture], actor=me)
    lead = create_contact(values={"first_name": "Lead", "owner_id": owner.pk}, actor=me)
    undoable = create_contact(values={"first_name": "Undo", "owner_id": owner.pk}, actor=me)
    assert undoable.pk
    world.ids |= {
        "undo/": me.last_change,
        "audit/": me.last_change,
        "contacts/": contact.pk,
        "companies/": company.pk,
        "deals/": deal.pk,
        "leads/": lead.pk,
        "activities/": activity.pk,
        "tasks/": task.pk,
        "history/": deal.pk,
        "timeline/": deal.pk,
        "files/": file.pk,
    }
    world.ids["binned"] = _binned(owner, me)


def _mail(world: World, owner: User, boss: Actor) -> dict[str, object]:
    """Make a template of the owner's, a mail on its way, a blocked address, and a webhook with a delivery."""
    me = Actor.of(owner)
    template = create_template(values={"name": "Hi", "subject": "Hi", "text": "Hi"}, actor=me)
    contact = Contact.objects.get(pk=world.ids["contacts/"])
    edit_contact(contact_id=contact.pk, values={"emails": ["lena@test.example"]}, actor=me)
    contact.refresh_from_db()
    mail = queue_template_mail(template=template, contact=contact, actor=me, key="matrix")
    block = block_address(address="x@test.example", actor=boss)
    endpoint, _secret = create_endpoint(values={"name": "ERP", "url": "https://erp.example/"}, actor=boss)
    delivery = queue_webhook(endpoint=endpoint, payload={}, key="matrix", actor=boss)
    host = allow_host(host="erp.internal", actor=boss)
    world.sent["activities:template_edit"] = {"name": "Hi", "subject": "Hi", "text": "Hello"}
    return {
        "settings/templates/": template.pk,
        "settings/outbox/": mail.pk,
        "settings/blocks/": block.pk,
        "settings/webhooks/hosts/": host.pk,
        "settings/webhooks/deliveries/": delivery.pk,
        "settings/webhooks/": endpoint.pk,
        "mail/compose/": world.ids["deals/"],
    }


def _double(world: World, owner: User) -> dict[str, dict[str, object]]:
    """Make a double of the owner's contact, and two of whom somebody said that they are not one."""
    me = Actor.of(owner)
    more = [create_contact(values={"first_name": "Lena", "owner_id": owner.pk}, actor=me).pk for _each in range(3)]
    dismissal = dismiss_pair(kind="contact", first_id=more[1], second_id=more[2], actor=me)
    pair = {"kind": "contact", "first": world.ids["contacts/"], "second": more[0]}
    kind = {"kind": "contact"}
    world.sent["contacts:duplicate_pick"] = {"other": str(more[0])}
    world.sent["contacts:duplicate_ticked"] = {"list": "contacts", "ids": [str(more[0]), str(more[1])]}
    return {
        "contacts:duplicate_pick": {**kind, "first": world.ids["contacts/"]},
        "contacts:duplicate_merge": pair,
        "contacts:duplicate_dismiss": pair,
        "contacts:dismissal_undo": {"pk": dismissal.pk},
        "contacts:duplicate_hints": kind,
        "contacts:duplicate_rules": kind,
        "contacts:scan_start": kind,
    }


def _binned(owner: User, me: Actor) -> dict[str, dict[str, object]]:
    from activities.services.changing import bin_activity
    from activities.services.task_changes import bin_task
    from contacts.services.bin import bin_companies, bin_contacts
    from deals.services import bin_deal

    company = create_company(values={"name": "Gone", "owner_id": owner.pk}, actor=me)
    bin_companies(company_ids=[company.pk], actor=me)
    contact = create_contact(values={"first_name": "Gone", "owner_id": owner.pk}, actor=me)
    bin_contacts(contact_ids=[contact.pk], actor=me)
    deal = create_deal(actor=me, title="Gone", owner=owner)
    bin_deal(deal_id=deal.pk, actor=me)
    live = create_deal(actor=me, title="Live", owner=owner)
    activity = log_activity(row=ActivityRow(type="call", deal_id=live.pk), actor=me)
    bin_activity(activity_id=activity.pk, actor=me)
    task = create_task(row=TaskRow(title="Gone", deal_id=live.pk), actor=me)
    bin_task(task_id=task.pk, actor=me)
    return {
        "contacts:contact_restore": {"pk": contact.pk},
        "contacts:company_restore": {"pk": company.pk},
        "deals:deal_restored": {"pk": deal.pk},
        "activities:activity_restore": {"pk": activity.pk},
        "activities:task_restore": {"pk": task.pk},
    }


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[World]:
    """The world, in one transaction that is rolled back after the last test of this module."""
    files = override_settings(VAR_DIR=tmp_path_factory.mktemp("var"))
    with django_db_blocker.unblock(), files, transaction.atomic():
        Workspace.forget()
        yield build()
        transaction.set_rollback(True)


def outcome(view: View, method: str, person: str, world: World) -> tuple[str, Diff]:
    """Ask one address as one person; return what happened in a word of PATTERNS, and what was written."""
    path = reverse(view.name, kwargs=world.kwargs(view))
    client, diff = world.client(person), Diff()
    with transaction.atomic():
        before = _counters()
        sent = world.sent.get(view.name, {})
        response = client.get(path, sent) if method == "GET" else client.post(path, sent, query_params=sent)
        for name, after in _counters().items():
            changed = tuple(a - b for a, b in zip(after, before.get(name, (0, 0, 0)), strict=True))
            if any(changed):
                diff.tables[name] = changed  # type: ignore[assignment]
        transaction.set_rollback(True)
    return _word(response), diff


def _word(response) -> str:
    if response.status_code in (302, 303):
        location = response.headers["Location"]
        if location.startswith("/login/"):
            return "in"
        return "ok"
    if response.status_code in (200, 204, 400, 409, 410, 422, 429):
        return "ok"
    return str(response.status_code)


def expected(pattern: str) -> list[str]:
    """Return the words for PEOPLE."""
    return ["405"] * len(PEOPLE) if pattern == NOTHING else PATTERNS[pattern].split()


REFUSED = {"in", "403", "404", "405"}


def test_every_view_has_a_row_and_every_row_a_view():
    names = {view.name for view in views()}
    assert not names - MATRIX.keys(), "views without a row"
    assert not MATRIX.keys() - names, "rows without a view"


@pytest.mark.parametrize("view", [view for view in views() if view.name in MATRIX], ids=lambda view: view.name)
def test_each_person_gets_what_the_matrix_says_and_refusals_write_nothing(view, world):
    wrong = []
    for method, pattern in zip(("GET", "POST"), MATRIX[view.name], strict=True):
        for person, wanted in zip(PEOPLE, expected(pattern), strict=True):
            found, diff = outcome(view, method, person, world)
            # Where there is no such method, any refusal will do: some views ask for the right first.
            if found != wanted and not (wanted == "405" and found in REFUSED):
                wrong.append(f"{method} {person}: {found}, not {wanted}")
            if found in REFUSED and not diff.empty:
                wrong.append(f"{method} {person}: {found}, but wrote {diff.tables}")
    assert not wrong, "\n".join(wrong)
