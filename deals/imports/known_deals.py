"""What an import changes of known deals: through the services, only for rows that say something new."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied

from contacts.imports.common import changed
from contacts.models import Company
from crm.kernel.core.errors import MissingFields, Refused
from crm.kernel.customfields.fields import PREFIX
from crm.kernel.listing.imports.engine import Job
from crm.kernel.listing.imports.registry import Row
from crm.kernel.users.models import User
from deals.models import Deal, DealContact
from deals.services import add_person, edit_deal, move_deal

PLAIN = ("title", "amount", "currency", "expected_close", "source", "description", "forecast_category", "tags")
COLUMNS = (*PLAIN, "owner_id", "company_id", "closed_on", "lost_reason_id", "lost_comment")


def work_out(job: Job, rows: Sequence[Row]) -> None:
    """Fill what changes of each known deal, and mark the rows that say nothing new."""
    if not rows:
        return
    ids = [row.known for row in rows if row.known]
    deals = Deal.objects.filter(pk__in=ids)
    deals = deals if job.dry else deals.locked()
    present = {v["pk"]: v for v in deals.values("pk", "stage_id", *COLUMNS, "custom", "import_source", "external_id")}
    people: dict[Any, set[Any]] = {}
    for deal, contact in DealContact.objects.filter(deal__in=ids).values_list("deal_id", "contact_id"):
        people.setdefault(deal, set()).add(contact)
    for row in rows:
        before, values = present[row.known], row.values
        wanted = {name: values[name] for name in PLAIN if values.get(name) is not None}
        wanted["custom"] = row.record["custom"]
        wanted |= {"owner_id": values.get("owner"), "company_id": values.get("company_id")}
        stage = row.record["stage"]
        if before["stage_id"] == stage.pk and stage.is_lost:
            wanted["lost_reason_id"] = row.record["lost_reason"].pk
        row.changes = changed(job, before, wanted)
        if before["stage_id"] != stage.pk and "stage" in values and job.run.overwrite:
            row.changes["stage"] = stage
        row.record["people"] = [pk for pk in values.get("contact_ids", ()) if pk not in people.get(row.known, ())]
        if not row.changes and not row.record["people"]:
            row.action = "unchanged"


def change_deals(job: Job, rows: Sequence[Row]) -> None:
    """Change known deals one by one: a move asks what every move asks (P3), and what is refused is the row's error."""
    for row in rows:
        try:
            _change(job, row)
        except (Refused, MissingFields) as refused:
            row.fail("", refused.message)
        except PermissionDenied as denied:
            row.fail("", str(denied))


def _change(job: Job, row: Row) -> None:
    assert row.known is not None
    changes = dict(row.changes)
    stage = changes.pop("stage", None)
    relations: dict[str, Any] = {}
    for name, model in (("owner", User), ("company", Company)):
        if pk := changes.pop(f"{name}_id", None):
            relations[name] = model.objects.get(pk=pk)
    changes.pop("lost_reason_id", None)
    custom = changes.pop("custom", {})
    changes |= {f"{PREFIX}{key}": custom[key] for key in row.record["custom"] if key in custom}
    if stage is not None:
        move_deal(
            deal_id=row.known, to_stage=stage, actor=job.actor, lost_reason=row.record["lost_reason"],
            lost_comment=row.values.get("lost_comment", ""), closed_on=row.record["closed_on"],
        )  # fmt: skip
    if changes or relations:
        edit_deal(deal_id=row.known, values={**changes, **relations}, actor=job.actor, confirm_currency=True)
    for contact in row.record["people"]:
        add_person(deal_id=row.known, contact_id=contact, actor=job.actor)
