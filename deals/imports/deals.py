"""Import of deals with their own past: dates, stages, owners, people (P3, P4, P9, R1)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.imports.common import (
    MAX_TAGS,
    default_options,
    match_external,
    require_rights,
)
from contacts.imports.links import CompanyLinks, ContactLinks
from contacts.models import Company
from crm.kernel.core.changes import Actor, set_business_time
from crm.kernel.core.parsers import CellError
from crm.kernel.customfields.fields import PREFIX, column_key
from crm.kernel.listing.imports.custom import custom_of
from crm.kernel.listing.imports.models import ImportRun
from crm.kernel.listing.imports.registry import Choice, Field, Importer, Row, Session, Words
from crm.kernel.listing.imports.tables import note_changeset
from crm.kernel.users.models import User
from crm.kernel.workspace.models import Workspace
from deals.models import Deal, LostReason, Pipeline, demandable_fields
from deals.services import NewDeal, create_deals

from .fields import deal_fields
from .known_deals import change_deals, work_out
from .stages import StageFinder, pipeline_of

INSTANT = dt.timedelta(seconds=1)


class DealSession(Session):
    """Deals are known by the id in the other system; rows without one by their content."""

    def __init__(self, job: Any) -> None:
        super().__init__(job)
        self.companies = CompanyLinks(job)
        self.contacts = ContactLinks(job)
        self.finders: dict[str, StageFinder] = {}
        self.reasons = {reason.name.casefold(): reason for reason in LostReason.objects.all()}
        self.today = Workspace.current().today()
        self.currency = job.options.get("currency") or Workspace.current().base_currency
        self.owners = User.objects.in_bulk()

    def identify(self, row: Row) -> None:
        """Say by what the row is known; bring tags and text together."""
        values = row.values
        external = values.get("external_id")
        row.keys.append(f"id:{external}" if external else f"row:{row.content[:20]}")
        single = values.pop("tag", None)
        tags = [*values.get("tags", ()), *(single.split("\n") if single else ())]
        values["tags"] = list(dict.fromkeys(tags))[:MAX_TAGS]
        row.record["custom"] = custom_of(values)
        if described := values.pop("describe", None):
            values["description"] = "\n".join(part for part in (values.get("description"), described) if part)

    def match(self, rows: list[Row]) -> None:
        """Look the ids up in one query."""
        match_external(self.job, rows, Deal)

    # Planning ----------------------------------------------------------------------------------------------------

    def plan(self, rows: list[Row]) -> None:
        """Work out stage, dates, owner, company and people of each row, then what is new in it."""
        for row in rows:
            self._stage(row)
            if not row.errors:
                self._dates(row)
                self._owner(row)
        require_rights(self.job, [row for row in rows if not row.errors], "deal")
        rows = [row for row in rows if not row.errors]
        self.companies.resolve(rows)
        self.contacts.resolve([row for row in rows if not row.errors])
        for row in rows:
            if not row.errors:
                self._rest(row)
        work_out(self.job, [row for row in rows if row.action == "update"])

    def _stage(self, row: Row) -> None:
        """Find the stage; a row without one is in the first, or where its close says."""
        word = row.values.get("stage", "")
        try:
            finder = self._finder(row.values.get("pipeline", ""))
            row.record["stage"] = finder.find(word) if word else finder.first
            row.record["first"] = finder.first
        except CellError as error:
            row.fail(self.job.column("stage"), str(error))

    def _finder(self, pipeline: str) -> StageFinder:
        if pipeline not in self.finders:
            options = {"pipeline": pipeline} if pipeline else self.job.options
            self.finders[pipeline] = StageFinder(pipeline_of(options), self.job.options.get("stages", {}))
        return self.finders[pipeline]

    def _dates(self, row: Row) -> None:
        """Created and closed as the file says: a day alone is noon in the workspace's zone (R1); none is unknown."""
        values, record, stage = row.values, row.record, row.record["stage"]
        created, closed = values.get("created"), values.get("closed")
        if created and created[0] > timezone.now():
            row.fail(self.job.column("created"), _("The creation date is in the future."))
        if stage.is_open:
            record["closed_on"] = None
            if closed and "expected_close" not in values:
                values["expected_close"] = closed
        elif closed is None:
            row.fail(self.job.column("closed"), _("A closed deal needs the date of its close."))
        elif closed > self.today:
            row.fail(self.job.column("closed"), _("The close is in the future."))
        elif created and closed < created[0].date():  # both as the file writes them, in the zone of the file
            row.fail(self.job.column("closed"), _("The close lies before the creation."))
        else:
            record["closed_on"] = closed
        record["created_unknown"] = created is None
        record["created_at"] = created[0] if created else None
        if created is None and record.get("closed_on"):
            record["created_at"] = Workspace.current().noon(record["closed_on"]) - INSTANT

    def _owner(self, row: Row) -> None:
        """A deal has an owner; an open one somebody who can log in (U4), with the owner of the file kept in words."""
        values, directory = row.values, self.job.directory
        chosen = self.job.options.get("default_owner")
        stand_in = UUID(chosen) if chosen else self.job.actor.id
        owner = values.get("owner") or stand_in
        if row.record["stage"].is_open and not directory.is_active(owner):
            line = _("Owner in the file: %(name)s") % {"name": directory.name(owner)}
            values["description"] = "\n".join(part for part in (values.get("description"), line) if part)
            owner = stand_in
        values["owner"] = owner

    def _rest(self, row: Row) -> None:
        values, record = row.values, row.record
        if not values.get("title"):
            values["title"] = values.get("company", "")
        if not values["title"] and row.action == "create":
            row.fail(self.job.column("title"), _("The row has no title."))
            return
        if len(values.get("description", "")) > 10_000:
            row.fail("", _("The text about the deal has more than 10,000 characters."))
        record["lost_reason"] = self._reason(values.get("lost_reason")) if record["stage"].is_lost else None
        values.setdefault("currency", self.currency)
        if record["stage"].is_open and row.action == "create":
            missing = [
                name for name in record["stage"].required_fields if name in GATED and not values.get(GATED[name])
            ]
            custom = {column_key(each): each.key not in record["custom"] for each in demandable_fields()}
            missing += [name for name in record["stage"].required_fields if custom.get(name)]
            if missing:
                row.warn("", _("The stage asks for: %(fields)s.") % {"fields": ", ".join(missing)})

    def _reason(self, word: str | None) -> LostReason:
        """Return a reason from the list; an unknown one goes into the comment, a missing one is "not recorded" (P3)."""
        found = self.reasons.get((word or LostReason.NOT_RECORDED).casefold())
        if found is not None:
            return found
        plain = LostReason.NOT_RECORDED
        if plain.casefold() not in self.reasons:
            self.reasons[plain.casefold()] = (
                LostReason(name=plain) if self.job.dry else LostReason.objects.get_or_create(name=plain)[0]
            )
        return self.reasons[plain.casefold()]

    # Writing -----------------------------------------------------------------------------------------------------

    def links(self) -> dict[str, tuple[int, int]]:
        """Count the companies that the rows name."""
        return {"company": (len(self.companies.known), len(self.companies.new))}

    def write(self, rows: list[Row]) -> None:
        """Make new deals, each day's under its own business time (H1), and change known ones."""
        fresh = [row for row in rows if row.action == "create"]
        companies = Company.objects.in_bulk({row.values["company_id"] for row in fresh if row.values.get("company_id")})
        days: dict[dt.date | None, list[Row]] = defaultdict(list)
        for row in fresh:
            at = row.record["created_at"]
            days[at.date() if at else None].append(row)
        if fresh:
            note_changeset()
        for day in sorted(days, key=lambda each: each or dt.date.max):
            group = days[day]
            set_business_time(min(row.record["created_at"] for row in group) if day else None)
            deals = create_deals(rows=[self._new(row, companies) for row in group], actor=self.job.actor)
            for row, deal in zip(group, deals, strict=True):
                row.known = deal.pk
        set_business_time(None)
        change_deals(self.job, [row for row in rows if row.action == "update"])

    def _new(self, row: Row, companies: dict[UUID, Company]) -> NewDeal:
        values, record = row.values, row.record
        unlisted = values.get("lost_reason", "") if record["stage"].is_lost else ""
        known = record["lost_reason"] is not None and record["lost_reason"].name.casefold() == unlisted.casefold()
        return NewDeal(
            title=values["title"][:200],
            owner=self.owners.get(values["owner"]) or User.objects.get(pk=values["owner"]),
            stage=record["stage"],
            amount=values.get("amount"),
            currency=values["currency"],
            company=companies.get(values.get("company_id")),  # type: ignore[arg-type]
            expected_close=values.get("expected_close"),
            source=values.get("source", ""),
            description=values.get("description", ""),
            probability=values.get("probability") if record["stage"].is_open else None,
            forecast_category=values.get("forecast_category", "") if record["stage"].is_open else "",
            tags=values["tags"],
            contacts=[(pk, "") for pk in values.get("contact_ids", ())],
            created_at=record["created_at"],
            created_unknown=record["created_unknown"],
            closed_on=record["closed_on"],
            lost_reason=record["lost_reason"],
            lost_comment=values.get("lost_comment") or ("" if known else unlisted),
            custom={f"{PREFIX}{key}": value for key, value in record["custom"].items()},
            import_source=self.job.run.source,
            external_id=values.get("external_id") or row.keys[0],
        )


GATED = {"amount": "amount", "company": "company_id", "expected_close": "expected_close", "source": "source"}


class DealImporter(Importer):
    """Deals with their owners, companies and people, open or long closed."""

    kind: ClassVar[str] = "deals"
    record_kind: ClassVar[str] = "deal"
    label: ClassVar[Words] = gettext_lazy("Deals")
    one: ClassVar[Words] = gettext_lazy("deal")
    icon: ClassVar[str] = "handshake"
    hint: ClassVar[Words] = gettext_lazy(
        "Open and closed ones, with their own dates. Import people and companies first."
    )
    order: ClassVar[int] = 40
    session: ClassVar[type[Session]] = DealSession
    list_url: ClassVar[str] = "deals:deal_list"
    match_keys: ClassVar[tuple[tuple[str, Words], ...]] = (("", gettext_lazy("Id in the other system")),)

    def own_fields(self) -> Iterable[Field]:
        """The fields of P0, with the people and the dates of the past."""
        return deal_fields()

    def default_options(self, run: ImportRun, sample: list[list[str]]) -> dict[str, Any]:
        """A file without titles gets them from product and company."""
        mapped = {key for keys in run.mapping for key in keys}
        options = default_options()
        if "title" not in mapped:
            wanted = ("tag", "company")
            columns = dict(zip((keys[0] if keys else "" for keys in run.mapping), run.header, strict=False))
            options["title_from"] = [columns[key] for key in wanted if key in columns]
        return options

    def missing(self, fields: set[str], options: dict[str, Any]) -> list[Words]:
        """A deal needs a title, or columns to make one of."""
        return [] if "title" in fields or options.get("title_from") else [gettext_lazy("Title")]

    def may(self, actor: Actor) -> bool:
        """Importing deals needs the right to edit some."""
        return actor.may("import") and not actor.scope("deal", "edit").nothing

    def choices(self, sort: str, options: dict[str, Any]) -> list[Choice]:
        """Return what a stage of the file may be matched to."""
        if sort != "stage":
            return []
        finder = StageFinder(pipeline_of(options), {})
        return [Choice(str(stage.pk), stage.name) for stage in finder.stages]

    def guess(self, sort: str, words: Sequence[str], options: dict[str, Any]) -> dict[str, str]:
        """Return which stage each word of the file probably means."""
        finder = StageFinder(pipeline_of(options), options.get("stages", {}))
        return {word: str(stage.pk) for word, stage in finder.guesses(words).items()}

    def pipelines(self) -> list[Choice]:
        """Return the pipelines that deals can be put into."""
        return [Choice(str(pipeline.pk), pipeline.name) for pipeline in Pipeline.objects.usable()]
