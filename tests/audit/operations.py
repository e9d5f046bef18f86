"""One example of each command that the random sequences do not give, for the proof that it can be undone (H2).

Each prepares what its command needs in the small world of `test_undo_each.py` and returns a function that gives the command;
where the worker writes under a change-set of its own, that returns its id.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from activities.leaving import reassign_planned
from activities.mail.services import blocks, templates
from activities.mail.services.queue import queue_mail
from activities.mail.services.steering import cancel_mail
from activities.models import Activity, Task
from activities.services import files
from activities.services.recording import ActivityRow, log_activity
from contacts.models import Company, Contact
from contacts.services import edit_contact
from contacts.services.duplicates import pairs, rules
from crm.kernel.audit.values import restore_value
from crm.kernel.core.changes import Actor
from crm.kernel.core.history import history_of
from crm.kernel.customfields import services as fields
from crm.kernel.listing.bulk import services as bulk
from crm.kernel.listing.bulk.engine import perform
from crm.kernel.listing.saved import members
from crm.kernel.listing.saved import services as views
from crm.kernel.listing.selection import Selection
from crm.kernel.notifications.services.choices import choose
from crm.kernel.users import services as users
from crm.kernel.users.models import Role, User
from crm.kernel.workspace import services as workspace
from crm.reports import services as reports
from deals import services as deals
from deals.leaving import assign_deals
from deals.models import Deal, LostReason, Pipeline, Stage
from deals.services.adopting import adopt_probabilities
from workflows import services as automation
from workflows import yamls
from workflows.webhooks.services import endpoints

SOON = dt.date(2027, 3, 1)


@dataclass
class Small:
    """An admin who commands, two colleagues, and one record of each kind."""

    boss: Actor
    rep: User
    mate: User
    contact: Contact
    other: Contact
    company: Company
    deal: Deal
    task: Task
    pipeline: Pipeline

    def stage(self, name: str = "Demo") -> Stage:
        """Return a further stage."""
        values = {"name": name, "probability": 40}
        return deals.add_stage(pipeline_id=self.pipeline.pk, values=values, actor=self.boss)

    def field(self, **values: Any) -> Any:
        """Return a dropdown of contacts, of which one has a value."""
        given = {"label": "Region", "type": "dropdown", "options": ["East", "West"], **values}
        made = fields.create_field(record_kind="contact", actor=self.boss, **given)
        edit_contact(contact_id=self.contact.pk, values={f"cf_{made.key}": "East"}, actor=self.boss)
        return made


Operation = Callable[[Small], Callable[[], Any]]
OPERATIONS: dict[str, Operation] = {}


def at(command: str) -> Callable[[Operation], Operation]:
    """Add the example of a command: it prepares, and returns a function that gives the command."""

    def add(example: Operation) -> Operation:
        OPERATIONS[command] = example
        return example

    return add


# Activities and files -----------------------------------------------------------------------------------------------


@at("activities.reassign")
def _(w):
    later = timezone.now() + dt.timedelta(days=2)
    row = ActivityRow(type="meeting", contact_ids=(w.contact.pk,), scheduled_at=later, done=False)
    log_activity(row=row, actor=w.boss)
    planned = list(Activity.objects.planned().values_list("pk", flat=True))
    return lambda: reassign_planned(activity_ids=planned, user_id=w.mate.pk, actor=w.boss)


def _file(w):
    upload = SimpleUploadedFile("offer.txt", b"An offer", "text/plain")
    return files.add_files(record=w.deal, uploads=[upload], actor=w.boss)[0]


@at("files.add")
def _(w):
    upload = SimpleUploadedFile("offer.txt", b"An offer", "text/plain")
    return lambda: files.add_files(record=w.deal, uploads=[upload], actor=w.boss)


@at("files.rename")
def _(w):
    file = _file(w)
    return lambda: files.rename_file(file_id=file.pk, name="contract", actor=w.boss)


@at("files.bin")
def _(w):
    file = _file(w)
    return lambda: files.bin_file(file_id=file.pk, actor=w.boss)


@at("files.restore")
def _(w):
    file = _file(w)
    files.bin_file(file_id=file.pk, actor=w.boss)
    return lambda: files.restore_file(file_id=file.pk, actor=w.boss)


# E-mail -------------------------------------------------------------------------------------------------------------

LETTER = {"name": "Welcome", "subject": "Hello", "text": "Hi {{ contact.first_name }}"}


@at("mail_templates.create")
def _(w):
    return lambda: templates.create_template(values=LETTER, actor=w.boss)


@at("mail_templates.edit")
def _(w):
    made = templates.create_template(values=LETTER, actor=w.boss)
    return lambda: templates.edit_template(template_id=made.pk, values={"subject": "Good day"}, actor=w.boss)


@at("mail_templates.archive")
def _(w):
    made = templates.create_template(values=LETTER, actor=w.boss)
    return lambda: templates.archive_template(template_id=made.pk, actor=w.boss)


@at("mail_templates.restore")
def _(w):
    made = templates.create_template(values=LETTER, actor=w.boss)
    templates.archive_template(template_id=made.pk, actor=w.boss)
    return lambda: templates.restore_template(template_id=made.pk, actor=w.boss)


@at("mail.cancel")
def _(w):
    edit_contact(contact_id=w.contact.pk, values={"emails": ["lena@atlas.example"]}, actor=w.boss)
    w.contact.refresh_from_db()
    mail = queue_mail(contact=w.contact, subject="Hello", text="Hi", actor=w.boss, key="undo")
    return lambda: cancel_mail(mail_id=mail.pk, actor=w.boss)


@at("mail_blocks.add")
def _(w):
    return lambda: blocks.block_address(address="x@atlas.example", actor=w.boss)


@at("mail_blocks.lift")
def _(w):
    block = blocks.block_address(address="x@atlas.example", actor=w.boss)
    return lambda: blocks.lift_block(block_id=block.pk, actor=w.boss)


@at("notifications.choose")
def _(w):
    told = {"mention": (False, "at_once")}
    hours = {"starts": dt.time(20), "ends": dt.time(7), "days_off": False}
    return lambda: choose(choices=told, actor=w.boss, **hours)


# Webhooks -----------------------------------------------------------------------------------------------------------

HOOK = {"name": "ERP", "url": "https://erp.example/hook", "active": True}


@at("webhooks.create")
def _(w):
    return lambda: endpoints.create_endpoint(values=HOOK, actor=w.boss)


@at("webhooks.edit")
def _(w):
    made, _secret = endpoints.create_endpoint(values=HOOK, actor=w.boss)
    return lambda: endpoints.edit_endpoint(endpoint_id=made.pk, values={"active": False}, actor=w.boss)


@at("webhooks.remove")
def _(w):
    made, _secret = endpoints.create_endpoint(values=HOOK, actor=w.boss)
    return lambda: endpoints.remove_endpoint(endpoint_id=made.pk, actor=w.boss)


@at("webhooks.allow_host")
def _(w):
    return lambda: endpoints.allow_host(host="erp.internal", actor=w.boss)


@at("webhooks.forbid_host")
def _(w):
    made = endpoints.allow_host(host="erp.internal", actor=w.boss)
    return lambda: endpoints.forbid_host(host_id=made.pk, actor=w.boss)


# Duplicates, history, bulk ------------------------------------------------------------------------------------------


def _dismiss(w):
    return pairs.dismiss_pair(kind="contact", first_id=w.contact.pk, second_id=w.other.pk, actor=w.boss)


@at("duplicates.dismiss")
def _(w):
    return lambda: pairs.dismiss_pair(kind="contact", first_id=w.contact.pk, second_id=w.other.pk, actor=w.boss)


@at("duplicates.reconsider")
def _(w):
    dismissal = _dismiss(w)
    return lambda: pairs.reconsider_pair(dismissal_id=dismissal.pk, actor=w.boss)


@at("duplicates.rules")
def _(w):
    scored = [rules.Rule("name", "firm", 50, 10)]
    return lambda: rules.save_rules(kind="contact", rules=scored, possible=40, certain=90, actor=w.boss)


@at("audit.restore")
def _(w):
    first = history_of(Contact).objects.filter(pgh_obj_id=w.contact.pk).order_by("pgh_id").first().pgh_id
    edit_contact(contact_id=w.contact.pk, values={"job_title": "CEO"}, actor=w.boss)
    return lambda: restore_value(model=Contact, record_id=w.contact.pk, field="job_title", row=first, actor=w.boss)


@at("bulk.tag")
def _(w):
    chosen = Selection("contacts", "", (str(w.contact.pk), str(w.other.pk)), False)
    sent = {"tags": ["fair"], "step": ["go"]}

    def give():
        run = bulk.begin_bulk(actor=w.boss, selection=chosen, action="tag", params=sent)
        perform(run)
        return run.changeset_id

    return give


# Custom fields ------------------------------------------------------------------------------------------------------


@at("fields.create")
def _(w):
    return lambda: fields.create_field(record_kind="deal", label="Fleet", type="number", actor=w.boss)


@at("fields.edit")
def _(w):
    field = w.field()
    return lambda: fields.edit_field(field_id=field.pk, values={"label": "Area", "roles": ["manager"]}, actor=w.boss)


@at("fields.order")
def _(w):
    one, two = w.field(), w.field(label="Area")
    return lambda: fields.order_fields(record_kind="contact", field_ids=[two.pk, one.pk], actor=w.boss)


@at("fields.options")
def _(w):
    field = w.field()
    wanted = [{"key": "west", "label": "Far west"}, {"key": "east", "label": "East"}, {"label": "South"}]
    return lambda: fields.edit_options(field_id=field.pk, options=wanted, actor=w.boss)


@at("fields.remove_option")
def _(w):
    field = w.field()
    return lambda: fields.remove_option(field_id=field.pk, key="east", into="west", actor=w.boss)


@at("fields.retype")
def _(w):
    field = w.field()
    return lambda: fields.change_type(field_id=field.pk, to="number", misfits="clear", actor=w.boss)


@at("fields.settle")
def _(w):
    field = w.field()
    fields.change_type(field_id=field.pk, to="number", actor=w.boss)
    return lambda: fields.settle_misfits(field_id=field.pk, actor=w.boss)


@at("fields.remove")
def _(w):
    field = w.field()
    return lambda: fields.remove_field(field_id=field.pk, clear=True, actor=w.boss)


@at("fields.restore")
def _(w):
    field = w.field()
    fields.remove_field(field_id=field.pk, actor=w.boss)
    return lambda: fields.restore_field(field_id=field.pk, actor=w.boss)


# Views and lists ----------------------------------------------------------------------------------------------------

MINE = {"name": "Mine", "shared": "nobody"}


def _list(w, rows=None):
    return members.create_list(record_kind="contact", values=MINE, actor=w.boss, rows=rows)


@at("listing.list_made")
def _(w):
    return lambda: members.create_list(
        record_kind="contact", values=MINE, actor=w.boss, rows=Contact.objects.visible_to(w.boss)
    )


@at("listing.list_changed")
def _(w):
    made = _list(w)
    return lambda: members.change_list(list_id=made.pk, values={"name": "Guests", "shared": "nobody"}, actor=w.boss)


@at("listing.list_deleted")
def _(w):
    made = _list(w, Contact.objects.visible_to(w.boss))
    return lambda: members.delete_list(list_id=made.pk, actor=w.boss)


@at("listing.list_filled")
def _(w):
    made = _list(w)
    return lambda: members.add_to_list(list_id=made.pk, rows=Contact.objects.visible_to(w.boss), actor=w.boss)


@at("listing.list_emptied")
def _(w):
    rows = Contact.objects.visible_to(w.boss)
    made = _list(w, rows)
    return lambda: members.take_from_list(list_id=made.pk, rows=rows.filter(pk=w.contact.pk), actor=w.boss)


def _view(w):
    return views.create_view(list_key="contacts", query="owner=me", layout={}, values=MINE, actor=w.boss)


@at("listing.view_saved")
def _(w):
    return lambda: views.create_view(list_key="contacts", query="owner=me", layout={}, values=MINE, actor=w.boss)


@at("listing.view_changed")
def _(w):
    view = _view(w)
    return lambda: views.change_view(view_id=view.pk, values={"name": "Ours"}, actor=w.boss)


@at("listing.view_deleted")
def _(w):
    view = _view(w)
    return lambda: views.delete_view(view_id=view.pk, actor=w.boss)


# People and workspace -----------------------------------------------------------------------------------------------


@at("users.invite")
def _(w):
    role = Role.objects.get(key="rep")
    return lambda: users.invite_person(email="n@test.example", name="New", role=role, actor=w.boss)


@at("users.switch_off")
def _(w):
    kinds = ("deals", "tasks", "meetings", "leads", "contacts", "companies", "teams")
    return lambda: users.switch_off(person_id=w.rep.pk, heirs=dict.fromkeys(kinds, w.mate), actor=w.boss)


@at("users.edit_person")
def _(w):
    return lambda: users.edit_person(person_id=w.rep.pk, name="Priya R.", team=None, actor=w.boss)


@at("users.change_role")
def _(w):
    role = Role.objects.get(key="manager")
    return lambda: users.change_role(person_id=w.rep.pk, role=role, actor=w.boss)


@at("users.edit_profile")
def _(w):
    return lambda: users.edit_profile(person_id=w.boss.id, timezone="Asia/Tokyo", actor=w.boss)


@at("users.set_theme")
def _(w):
    return lambda: users.set_theme(person_id=w.boss.id, theme="dark", actor=w.boss)


def _absence(w):
    return users.add_absence(person_id=w.rep.pk, starts_on=SOON, ends_on=SOON, actor=w.boss)


@at("users.add_absence")
def _(w):
    return lambda: users.add_absence(person_id=w.rep.pk, starts_on=SOON, ends_on=SOON, actor=w.boss)


@at("users.remove_absence")
def _(w):
    absence = _absence(w)
    return lambda: users.remove_absence(absence_id=absence.pk, actor=w.boss)


def _role(w):
    levels = Role.objects.get(key="rep").levels
    return users.create_role(name="Helper", levels=levels, flags=[], actor=w.boss)


@at("users.create_role")
def _(w):
    levels = Role.objects.get(key="rep").levels
    return lambda: users.create_role(name="Helper", levels=levels, flags=[], actor=w.boss)


@at("users.edit_role")
def _(w):
    role = _role(w)
    return lambda: users.edit_role(role_id=role.pk, name="Hand", levels=role.levels, flags=["export"], actor=w.boss)


@at("users.delete_role")
def _(w):
    role = _role(w)
    return lambda: users.delete_role(role_id=role.pk, actor=w.boss)


@at("users.create_team")
def _(w):
    return lambda: users.create_team(name="North", manager=w.mate, actor=w.boss)


@at("users.edit_team")
def _(w):
    team = users.create_team(name="North", actor=w.boss)
    return lambda: users.edit_team(team_id=team.pk, name="Far north", manager=w.mate, actor=w.boss)


@at("users.delete_team")
def _(w):
    team = users.create_team(name="North", actor=w.boss)
    return lambda: users.delete_team(team_id=team.pk, actor=w.boss)


@at("workspace.edit")
def _(w):
    return lambda: workspace.edit_workspace(name="Brightwater Ltd", fiscal_year_start=4, actor=w.boss)


@at("workspace.add_holiday")
def _(w):
    return lambda: workspace.add_holiday(day=SOON, name="Spring", actor=w.boss)


@at("workspace.remove_holiday")
def _(w):
    day = workspace.add_holiday(day=SOON, name="Spring", actor=w.boss)
    return lambda: workspace.remove_holiday(holiday_id=day.pk, actor=w.boss)


def _rates(w, value):
    return workspace.set_rates(rates=[workspace.Rate("EUR", SOON, Decimal(value))], actor=w.boss)


@at("workspace.set_rates")
def _(w):
    _rates(w, "1.1")
    more = [workspace.Rate("EUR", SOON, Decimal("1.2")), workspace.Rate("GBP", SOON, Decimal("1.3"))]
    return lambda: workspace.set_rates(rates=more, actor=w.boss)


@at("workspace.remove_rate")
def _(w):
    _rates(w, "1.1")
    rate = workspace.ExchangeRate.objects.get()
    return lambda: workspace.remove_rate(rate_id=rate.pk, actor=w.boss)


# Deals and their settings -------------------------------------------------------------------------------------------


@at("deals.assign")
def _(w):
    return lambda: assign_deals(deal_ids=[w.deal.pk], owner=w.mate, actor=w.boss)


@at("deals.change_pipeline")
def _(w):
    other = deals.add_pipeline(name="Renewals", actor=w.boss, like=w.pipeline)
    stage = other.stages.open().order_by("position").first()
    return lambda: deals.change_pipeline(deal_id=w.deal.pk, to_stage=stage, actor=w.boss)


@at("pipelines.add")
def _(w):
    return lambda: deals.add_pipeline(name="Renewals", actor=w.boss)


@at("pipelines.rename")
def _(w):
    return lambda: deals.rename_pipeline(pipeline_id=w.pipeline.pk, name="New business", actor=w.boss)


@at("pipelines.archive")
def _(w):
    other = deals.add_pipeline(name="Renewals", actor=w.boss)
    return lambda: deals.archive_pipeline(pipeline_id=other.pk, actor=w.boss)


@at("stages.add")
def _(w):
    values = {"name": "Demo", "probability": 40}
    return lambda: deals.add_stage(pipeline_id=w.pipeline.pk, values=values, actor=w.boss)


@at("forecasts.adopt")
def _(w):
    stage = w.stage()
    percents = {stage.pk: stage.probability // 2 + 7}
    return lambda: adopt_probabilities(pipeline_id=stage.pipeline_id, percents=percents, actor=w.boss)


@at("stages.edit")
def _(w):
    stage = w.stage()
    values = {"name": "Trial", "required_fields": ["amount"], "idle_days": 5}
    return lambda: deals.edit_stage(stage_id=stage.pk, values=values, actor=w.boss)


@at("stages.order")
def _(w):
    stages = list(w.pipeline.stages.open().order_by("position").values_list("pk", flat=True))
    return lambda: deals.order_stages(pipeline_id=w.pipeline.pk, stage_ids=stages[::-1], actor=w.boss)


@at("stages.archive")
def _(w):
    first, second = w.pipeline.stages.open().order_by("position")[:2]
    return lambda: deals.archive_stage(stage_id=first.pk, move_to=second, actor=w.boss)


@at("reasons.add")
def _(w):
    return lambda: deals.add_reason(name="Merged", actor=w.boss)


@at("reasons.edit")
def _(w):
    reason = LostReason.objects.order_by("position").first()
    return lambda: deals.edit_reason(reason_id=reason.pk, values={"name": "Too dear"}, actor=w.boss)


@at("reasons.order")
def _(w):
    ids = list(LostReason.objects.order_by("position").values_list("pk", flat=True))
    return lambda: deals.order_reasons(reason_ids=ids[::-1], actor=w.boss)


@at("reasons.archive")
def _(w):
    reason = LostReason.objects.order_by("position").first()
    return lambda: deals.archive_reason(reason_id=reason.pk, actor=w.boss)


@at("reports.targets")
def _(w: Small) -> Any:
    month = dt.date(2026, 11, 1)
    reports.set_targets(values={(("user", w.rep.pk), month): Decimal(100)}, actor=w.boss)
    values = {(("user", w.rep.pk), month): Decimal(200), (("user", w.mate.pk), month): Decimal(50)}
    return lambda: reports.set_targets(values=values, actor=w.boss)


def _mailed(w: Small) -> Any:
    return reports.create_report_mail(report="pipeline", query="", every="week", recipients=[w.rep], actor=w.boss)


@at("reports.mail_created")
def _(w: Small) -> Any:
    return lambda: _mailed(w)


@at("reports.mail_changed")
def _(w: Small) -> Any:
    mail = _mailed(w)
    changed = {"every": "month", "recipients": [w.mate]}
    return lambda: reports.change_report_mail(mail_id=mail.pk, **changed, actor=w.boss)


@at("reports.mail_removed")
def _(w: Small) -> Any:
    mail = _mailed(w)
    return lambda: reports.remove_report_mail(mail_id=mail.pk, actor=w.boss)


# Rules ----------------------------------------------------------------------------------------------------------------


def rule_of(w, *, live=False):
    """Return a rule that tags new deals."""
    steps = [{"action": "add_tag", "options": {"tags": ["new"]}}]
    document = {"trigger": {"kind": "deal.created"}, "conditions": {}, "steps": steps}
    rule = automation.create_rule(name="Greet", document=document, actor=w.boss)
    return automation.publish_rule(rule_id=rule.pk, actor=w.boss) if live else rule


@at("rules.create")
def _(w):
    return lambda: rule_of(w)


@at("rules.save")
def _(w):
    rule = rule_of(w, live=True)
    return lambda: automation.save_draft(rule_id=rule.pk, document={"steps": []}, actor=w.boss)


@at("rules.import")
def _(w):
    rule_of(w, live=True)
    text = "rules:\n- {name: Greet, trigger: {kind: deal.won}}\n- {name: Wave, trigger: {kind: deal.lost}}\n"
    return lambda: yamls.import_rules(text=text, actor=w.boss)


@at("rules.discard")
def _(w):
    rule = rule_of(w, live=True)
    automation.save_draft(rule_id=rule.pk, document={"steps": []}, actor=w.boss)
    return lambda: automation.discard_draft(rule_id=rule.pk, actor=w.boss)


@at("rules.rename")
def _(w):
    rule = rule_of(w)
    return lambda: automation.rename_rule(rule_id=rule.pk, name="Welcome", actor=w.boss)


@at("rules.duplicate")
def _(w):
    rule = rule_of(w)
    return lambda: automation.duplicate_rule(rule_id=rule.pk, actor=w.boss)


@at("rules.delete")
def _(w):
    rule = rule_of(w)
    return lambda: automation.delete_rule(rule_id=rule.pk, actor=w.boss)


@at("rules.transfer")
def _(w):
    rule = rule_of(w)
    return lambda: automation.transfer_rule(rule_id=rule.pk, owner=w.mate, actor=w.boss)


@at("rules.publish")
def _(w):
    rule = rule_of(w)
    return lambda: automation.publish_rule(rule_id=rule.pk, actor=w.boss)


@at("rules.pause")
def _(w):
    rule = rule_of(w, live=True)
    return lambda: automation.pause_rule(rule_id=rule.pk, actor=w.boss)


@at("rules.resume")
def _(w):
    rule = rule_of(w, live=True)
    automation.pause_rule(rule_id=rule.pk, actor=w.boss)
    return lambda: automation.resume_rule(rule_id=rule.pk, actor=w.boss)
