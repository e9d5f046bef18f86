"""Making deals: one from a form, a copy of one, or many from an import, by one set-based body (P0, P9)."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from contacts.models import Company, Contact
from contacts.services.companies import company_for_name
from crm.kernel.core.changes import Actor, business_time, command
from crm.kernel.core.errors import MissingFields, Refused
from crm.kernel.customfields.fields import column_key, fields_for
from crm.kernel.customfields.values import Reader, merged
from crm.kernel.events.bus import DomainEvent, publish
from crm.kernel.users.models import User
from crm.kernel.workspace.models import Workspace
from deals.events import DealCreated, DealLost, DealStageChanged, DealWon
from deals.models import Deal, DealContact, LostReason, Pipeline, Stage, StageChange

from .checks import check_company, check_owner, cleaned, visible_contacts
from .lifecycle import derive_lifecycle_of_deals
from .moving import check_entry
from .people import as_people
from .searching import refresh_search

INSTANT = dt.timedelta(microseconds=1)
BATCH = 2000


@dataclass(slots=True)
class NewDeal:
    """What a new deal is made of. `stage` is the first open one of the first pipeline unless given.

    `contacts` are (contact id, role), the first one primary; `custom` holds values by `cf_<key>`. The last group is for
    history brought from elsewhere: with `created_at` or `closed_on` the deal is dated back, skips the gates and needs no
    reason for a loss (P3).
    """

    title: str
    owner: User | None
    stage: Stage | None = None
    amount: Decimal | None = None
    currency: str = ""
    company: Company | None = None
    expected_close: dt.date | None = None
    source: str = ""
    description: str = ""
    forecast_category: str = ""
    probability: int | None = None
    tags: list[str] = field(default_factory=list)
    contacts: Sequence[tuple[UUID, str]] = ()
    custom: Mapping[str, Any] = field(default_factory=dict)

    created_at: dt.datetime | None = None
    created_unknown: bool = False
    closed_on: dt.date | None = None
    lost_reason: LostReason | None = None
    lost_comment: str = ""
    import_source: str = ""
    external_id: str = ""

    @property
    def historical(self) -> bool:
        """True if it brings its own past."""
        return self.created_at is not None or self.closed_on is not None or self.created_unknown


@command("deals.create")
def create_deal(*, actor: Actor, company_name: str = "", **values: Any) -> Deal:
    """Make a deal from the fields of `NewDeal` (P0). Raises as `create_deals` does.

    `company_name` stands for a company that may not exist yet; it is made in the same command.
    """
    if company_name and values.get("company") is None:
        values["company"] = company_for_name(name=company_name, actor=actor)
    return create_deals(rows=[NewDeal(**values)], actor=actor)[0]


@command("deals.create")
def create_deals(*, rows: Iterable[NewDeal], actor: Actor) -> list[Deal]:
    """Make deals in sets, each with the first row of its stage history, its people and its event (P0, P9).

    Raises PermissionDenied if the actor may edit no deals, Refused beside the field that does not fit, MissingFields
    for what the stage demands. Rows that bring their own past skip the gates; a loss without reason is "Not recorded".
    """
    actor.require_kind("edit", "deal")
    given = list(rows)
    people = as_people(given, visible_contacts({pk for row in given for pk, _role in row.contacts}, actor))
    first = first_stages(given)
    reader = Reader(Deal.kind, actor)
    deals = [_build(row, first, actor, reader) for row in given]
    for row, deal in zip(given, deals, strict=True):
        if not row.historical:
            _check_gates(deal, row, bool(row.contacts))
    visits = [visit for row, deal in zip(given, deals, strict=True) for visit in _visits(row, deal, first, actor)]
    links = [DealContact(deal=deal, **link) for deal, links in zip(deals, people, strict=True) for link in links]
    Deal.objects.bulk_create(deals, batch_size=BATCH)
    StageChange.objects.bulk_create(visits, batch_size=BATCH)
    DealContact.objects.bulk_create(links, batch_size=BATCH)
    ids = [deal.pk for deal in deals]
    refresh_search(ids)
    if links or any(not deal.is_open for deal in deals):
        wins = any(deal.stage.is_won for deal in deals)
        derive_lifecycle_of_deals(ids, companies=wins, new_win=False)
    publish(*_events(deals, visits, people), actor=actor)
    return deals


def first_stages(rows: Sequence[NewDeal]) -> dict[UUID | None, Stage]:
    """Return the first open stage by pipeline; under None the one of the first pipeline."""
    pipelines = {row.stage.pipeline_id for row in rows if row.stage is not None}
    default = None
    if any(row.stage is None for row in rows):
        default = Pipeline.objects.usable().first()
        if default is None:
            raise Refused(_("There is no pipeline yet."))
        pipelines.add(default.pk)
    stages = Stage.objects.usable().open().filter(pipeline__in=pipelines).order_by("-position")
    first: dict[UUID | None, Stage] = {stage.pipeline_id: stage for stage in stages}
    if default is not None:
        first[None] = first[default.pk]
    return first


def _build(row: NewDeal, first: Mapping[UUID | None, Stage], actor: Actor, reader: Reader) -> Deal:
    """Return the deal of a row, checked but for the gates of its stage."""
    stage = row.stage or first[None]
    if stage.archived_at is not None:
        raise Refused(_("This stage is archived."), fields={"stage": _("Choose another stage.")})
    if not (row.historical and actor.kind in ("import", "system")):
        check_owner(row.owner, closed=not stage.is_open)
    check_company(row.company, actor)
    names = ("title", "amount", "currency", "expected_close", "source", "description", "forecast_category", "tags")
    values = {name: getattr(row, name) for name in (*names, "probability", "lost_comment")}
    values["currency"] = values["currency"] or Workspace.current().base_currency
    created = row.created_at or business_time()
    custom, errors = reader.read(row.custom, new=not row.historical)
    if errors:
        raise Refused(_("Some values do not fit."), fields=errors)
    deal = Deal(
        **cleaned(values),
        custom=merged({}, custom),
        owner=row.owner,
        company=row.company,
        stage=stage,
        pipeline_id=stage.pipeline_id,
        created_at=created,
        stage_entered_at=created,
        created_unknown=row.created_unknown,
        import_source=row.import_source,
        external_id=row.external_id,
    )
    if actor.kind == "user":
        deal.last_worked_at = business_time()
    if not stage.is_open:
        _close(deal, row, stage)
    return deal


def _close(deal: Deal, row: NewDeal, stage: Stage) -> None:
    """Give a deal that is made closed its close: noon of the day where only that is known (R1), after creation (P9)."""
    workspace = Workspace.current()
    deal.closed_on = row.closed_on or workspace.today()
    at = workspace.noon(deal.closed_on) if row.closed_on else business_time()
    deal.closed_at = deal.stage_entered_at = max(at, deal.created_at + INSTANT)
    deal.probability, deal.forecast_category = None, ""
    if stage.is_lost:
        deal.lost_reason = row.lost_reason
        if row.lost_reason is None and row.historical:
            deal.lost_reason = LostReason.objects.get_or_create(name=LostReason.NOT_RECORDED)[0]


def _check_gates(deal: Deal, row: NewDeal, people: bool) -> None:
    """Check what the stage demands of a deal that is made now: it may be open only, with the demanded fields (P3)."""
    if not deal.stage.is_open:
        raise Refused(_("A new deal starts open."), fields={"stage": _("Choose an open stage.")})
    try:
        check_entry([deal], deal.stage, people={deal.pk} if people else set())
    except MissingFields as error:
        error.fields = {name: _("This stage needs it.") for name in error.missing}
        raise


def _visits(row: NewDeal, deal: Deal, first: Mapping[UUID | None, Stage], actor: Actor) -> list[StageChange]:
    """Return the stage visits of a new deal: where it is, and for one that is made closed where it began (P9)."""
    stage = deal.stage
    if deal.closed_at is None or stage.pipeline_id not in first:
        return [_visit(deal, stage, None, deal.created_at, actor)]
    begun = first[stage.pipeline_id]
    opened = _visit(deal, begun, None, deal.created_at, actor)
    opened.until = deal.closed_at
    return [opened, _visit(deal, stage, begun, deal.closed_at, actor)]


def _visit(deal: Deal, stage: Stage, came_from: Stage | None, at: dt.datetime, actor: Actor) -> StageChange:
    own = deal.probability if stage.is_open else None
    return StageChange(
        deal=deal,
        from_stage=came_from,
        to_stage=stage,
        at=at,
        user=actor.user,
        actor_label=actor.label[:200],
        pipeline_id=deal.pipeline_id,
        owner_id=deal.owner_id,
        team_id=deal.owner.team_id,
        amount=deal.amount,
        currency=deal.currency,
        probability=stage.probability if own is None else own,
        category=deal.forecast_category or stage.forecast_category,
    )


def _events(
    deals: Sequence[Deal], visits: Sequence[StageChange], people: Sequence[Sequence[Mapping[str, Any]]]
) -> list[DomainEvent]:
    """Return what happened: each creation, and the close of those that were made closed."""
    by_deal: dict[UUID, list[StageChange]] = {}
    for visit in visits:
        by_deal.setdefault(visit.deal_id, []).append(visit)
    events: list[DomainEvent] = []
    for deal, links in zip(deals, people, strict=True):
        began, *closing = by_deal[deal.pk]
        common: dict[str, Any] = {
            "subject_id": deal.pk,
            "company_id": deal.company_id,
            "contact_ids": tuple(link["contact_id"] for link in links),
            "owner_id": deal.owner_id,
        }
        events.append(DealCreated(**common, at=deal.created_at, stage_change_id=began.pk))
        for visit in closing:
            moved = common | {"at": visit.at, "stage_change_id": visit.pk}
            kinds: dict[str, Any] = {"from_kind": "open", "to_kind": deal.stage.kind_of}
            ids: dict[str, Any] = {"from_stage_id": visit.from_stage_id, "to_stage_id": visit.to_stage_id}
            events.append(DealStageChanged(**moved, **kinds, **ids))
            won = deal.stage.is_won
            events.append(DealWon(**moved) if won else DealLost(**moved, reason_id=deal.lost_reason_id))
    return events


@command("deals.clone")
def clone_deal(*, deal_id: UUID, actor: Actor, title: str = "") -> Deal:
    """Copy a deal: same people, company, amount and words, open in the first stage, owned by who copies (P0)."""
    deal = Deal.objects.visible_to(actor).live().select_related("pipeline", "company", "owner").get(pk=deal_id)
    owner = actor.user if actor.user is not None else deal.owner
    stage = Stage.objects.usable().open().filter(pipeline_id=deal.pipeline_id).order_by("position").first()
    links = DealContact.objects.filter(deal=deal, contact__binned_at__isnull=True).order_by("-primary", "id")
    seen = visible_ids([link.contact_id for link in links], actor)
    row = NewDeal(
        title=(title or _("Copy of %(title)s") % {"title": deal.title})[:200],
        owner=owner,
        stage=stage,
        amount=deal.amount,
        currency=deal.currency,
        company=deal.company if deal.company and deal.company.binned_at is None else None,
        source=deal.source,
        description=deal.description,
        tags=list(deal.tags),
        custom={column_key(each): deal.custom.get(each.key) for each in fields_for(Deal.kind, actor)},
        contacts=[(link.contact_id, link.role) for link in links if link.contact_id in seen],
    )
    return create_deals(rows=[row], actor=actor)[0]


def visible_ids(contact_ids: Sequence[UUID], actor: Actor) -> set[UUID]:
    """Return which of these contacts the actor may see."""
    return set(Contact.objects.visible_to(actor).filter(pk__in=contact_ids).values_list("pk", flat=True))
