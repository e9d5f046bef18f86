"""Import of companies (R3)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.events import CompanyChanged, CompanyCreated
from contacts.models import Company, CompanyDomain, CompanyEmail, CompanyPhone, SizeBand
from contacts.services import refresh_company_search
from crm.kernel.core import parsers
from crm.kernel.core.bulk import copy_rows, update_rows
from crm.kernel.core.ids import uuid7
from crm.kernel.core.parsers import CellError, Style
from crm.kernel.events.bus import publish
from crm.kernel.listing.imports.custom import custom_of
from crm.kernel.listing.imports.engine import Job
from crm.kernel.listing.imports.models import ImportRun
from crm.kernel.listing.imports.registry import EXTERNAL_ID, Field, Importer, Row, Session, Words
from crm.kernel.listing.imports.tables import copy_by_time, pairs

from .common import (
    Known,
    changed,
    collect,
    companies_named,
    default_options,
    followed,
    match_external,
    require_rights,
    shared_fields,
    take_known,
    told_fields,
)

COLUMNS = (
    "name",
    "industry",
    "size_band",
    "website",
    "description",
    "owner_id",
    "tags",
    "street",
    "postal_code",
    "city",
    "region",
    "country",
    "created_at",
)


# What columns of other systems are called.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "name": (
        "company",
        "company name",
        "account",
        "account name",
        "organisation",
        "organization",
        "firma",
        "customer",
        "firm",
        "business",
    ),
    "domains": ("domain", "company domain", "company domain name", "email domain"),
    "website": ("web", "url", "homepage", "website url", "site"),
    "industry": ("sector", "branch", "branche", "vertical"),
    "size_band": ("employees", "size", "headcount", "number of employees", "staff", "company size"),
    "emails": ("email", "e mail", "mail", "email address"),
    "phones": ("phone", "telephone", "phone number", "tlf", "tel", "main phone"),
    "parent": ("subsidiary of", "parent account", "parent", "belongs to", "parent company name"),
}


def size_band(cell: str, style: Style) -> str:
    """Return the band of a number of people, or of a band as it is written."""
    text = cell.replace(" ", "").replace("–", "-").replace(",", "")
    if text in SizeBand.values:
        return text
    if text.endswith("+") and text[:-1].isdigit():
        return str(SizeBand.of(int(text[:-1]) + (0 if text[:-1].endswith("1") else 1)))
    try:
        people = parsers.whole(0, 50_000_000)(cell, style)
    except CellError as error:
        raise CellError(_("Type the number of people, such as 120, or a range, such as 51-200.")) from error
    return str(SizeBand.of(people))


def write_companies(job: Job, companies: Sequence[Mapping[str, Any]]) -> None:
    """Insert companies given as columns, with `domains`, `emails` and `phones` as lists, and say so."""
    now = timezone.now()
    rows = [
        {
            "created_at": now,
            "updated_at": now,
            **{k: v for k, v in c.items() if k not in ("domain", "domains", "emails", "phones")},
        }
        for c in companies
    ]
    copy_by_time(Company, rows, "created_at")
    write_children(
        (
            c["id"],
            c.get("domains") or ([c["domain"]] if c.get("domain") else []),
            c.get("emails", ()),
            c.get("phones", ()),
            False,
        )
        for c in companies
    )
    refresh_company_search([c["id"] for c in companies])
    events = [CompanyCreated(subject_id=c["id"], owner_id=c.get("owner_id"), at=c["created_at"]) for c in rows]
    publish(*events, actor=job.actor)


def write_children(companies: Iterable[tuple[UUID, Iterable[str], Iterable[str], Iterable[str], bool]]) -> None:
    """Insert domains, shared addresses and phones; with `more` the company has such already, so none is primary."""
    domains: list[dict[str, Any]] = []
    emails: list[dict[str, Any]] = []
    phones: list[dict[str, Any]] = []
    for pk, names, addresses, numbers, more in companies:
        domains += [{"id": uuid7(), "company_id": pk, "domain": name} for name in names]
        for rows, key, values in ((emails, "address", addresses), (phones, "number", numbers)):
            rows += [
                {"id": uuid7(), "company_id": pk, key: value, "primary": n == 0 and not more}
                for n, value in enumerate(values)
            ]
    copy_rows(CompanyDomain, domains)
    copy_rows(CompanyEmail, emails)
    copy_rows(CompanyPhone, phones)


class CompanySession(Session):
    """Companies are known by the id in the other system, then by domain, then by name."""

    def identify(self, row: Row) -> None:
        """Two rows with ids of their own are two companies, even of one name."""
        collect(row)
        values = row.values
        wanted = self.job.run.match_key
        if external := values.get("external_id"):
            row.keys.append(f"id:{external}")
        if values.get("domains") and wanted in ("", "domain") and not row.keys:
            row.keys += [f"domain:{name}" for name in values["domains"]]
        if not row.keys and "name" in values:
            row.keys.append(f"name:{' '.join(values['name'].casefold().split())}")
        if "name" not in values:
            row.fail(self.job.column("name"), _("The row has no name."))

    def match(self, rows: list[Row]) -> None:
        """Look ids, domains and names up, each in one query."""
        wanted = self.job.run.match_key
        match_external(self.job, rows, Company)
        if wanted in ("", "domain"):
            self._match_domains([row for row in rows if row.known is None and not row.errors])
        if wanted in ("", "name"):
            self._match_names([row for row in rows if row.known is None and not row.errors])

    def _match_domains(self, rows: list[Row]) -> None:
        asked = {name: row for row in rows for name in row.values.get("domains", ())}
        if not asked:
            return
        sql = """
            SELECT d.domain, c.id, c.owner_id, c.binned_at, c.merged_into_id FROM contacts_companydomain d
            JOIN contacts_company c ON c.id = d.company_id
            WHERE (d.live OR c.merged_into_id IS NOT NULL) AND d.domain = ANY(%s) ORDER BY d.live
        """
        found = {known.key: known for known in followed(Company, (Known(*row) for row in pairs(sql, [list(asked)])))}
        for name, known in found.items():
            take_known(self.job, asked[name], Company, known.pk, known.owner_id, known.binned_at is not None)

    def _match_names(self, rows: list[Row]) -> None:
        found = companies_named({row.values["name"] for row in rows})
        present = Company.objects.in_bulk(list(found.values()))
        for row in rows:
            company = present.get(found.get(row.values["name"]))
            if company is None:
                continue
            other = company.import_source == self.job.run.source and company.external_id not in (
                "",
                row.values.get("external_id"),
            )
            if other and row.values.get("external_id"):
                continue  # the file says that these are two
            take_known(self.job, row, Company, company.pk, company.owner_id, binned=False)

    def plan(self, rows: list[Row]) -> None:
        """Work out the columns of new companies and what changes of known ones."""
        require_rights(self.job, rows, "company")
        rows = [row for row in rows if not row.errors]
        self._drop_taken_domains(rows)
        for row in rows:
            values = row.values
            if "owner" in values:
                values["owner_id"] = values["owner"]
            row.record = {name: values[name] for name in COLUMNS if values.get(name) is not None}
            row.record["custom"] = custom_of(values)
            row.record |= {"import_source": self.job.run.source, "external_id": values.get("external_id", "")}
            if row.action == "create":
                row.record["id"] = uuid7()
        self._plan_parents(rows)
        self._plan_changes([row for row in rows if row.action == "update"])

    def _drop_taken_domains(self, rows: list[Row]) -> None:
        """A domain belongs to one live company; a row that brings one of another company is imported without it."""
        asked = {name for row in rows for name in row.values.get("domains", ())}
        if not asked:
            return
        sql = "SELECT domain, company_id FROM contacts_companydomain WHERE live AND domain = ANY(%s)"
        taken: dict[str, Any] = dict(pairs(sql, [list(asked)]))
        for row in rows:
            for name in list(row.values.get("domains", ())):
                if taken.get(name, row.known) != row.known or (name in taken and row.known is None):
                    row.values["domains"].remove(name)
                    row.warn("", _("The domain %(domain)s belongs to another company.") % {"domain": name})
                elif row.known is None:
                    taken[name] = "new"

    # Parents -----------------------------------------------------------------------------------------------------

    def _plan_parents(self, rows: list[Row]) -> None:
        """Fill the parent: one that is here, or one of these rows; others are looked for once all rows are in."""
        asked = {row.values["parent"] for row in rows if row.values.get("parent")}
        if not asked:
            return
        found = companies_named(asked)
        here = {row.values["name"].casefold(): row.known or row.record["id"] for row in rows}
        above = self._parents_above(set(found.values()))
        for row in rows:
            name = row.values.get("parent")
            if not name:
                continue
            me = row.known or row.record["id"]
            parent = here.get(name.casefold()) or found.get(name)
            if parent is None:
                self._not_yet(row, name)
            elif _circular(me, parent, above):
                row.warn("", _("“%(name)s” cannot be the parent: that would be a circle.") % {"name": name[:80]})
            else:
                above[me] = row.record["parent_id"] = parent

    def _not_yet(self, row: Row, name: str) -> None:
        if self.job.stage == 0:
            self.job.run.report["again"] = True
        else:
            row.warn("", _("There is no parent company “%(name)s”.") % {"name": name[:80]})

    def _parents_above(self, ids: set[UUID]) -> dict[UUID, UUID]:
        """Return the parents of companies and of their parents."""
        sql = """
            WITH RECURSIVE above AS (
                SELECT id, parent_id FROM contacts_company WHERE id = ANY(%s)
                UNION SELECT c.id, c.parent_id FROM contacts_company c JOIN above a ON c.id = a.parent_id
            ) SELECT id, parent_id FROM above WHERE parent_id IS NOT NULL
        """
        return dict(pairs(sql, [list(ids)]))

    def finish(self) -> bool:
        """Look at all rows once more if a parent came after its child."""
        return bool(self.job.run.report.pop("again", False))

    # Known ones --------------------------------------------------------------------------------------------------

    def _plan_changes(self, rows: list[Row]) -> None:
        if not rows:
            return
        names = (*COLUMNS, "custom", "parent_id", "import_source", "external_id")
        locked = Company.objects.filter(pk__in=[row.known for row in rows])
        locked = locked if self.job.dry else locked.locked()
        present = {values["pk"]: values for values in locked.values("pk", *names)}
        children = self._children([row.known for row in rows if row.known])
        for row in rows:
            wanted = {"parent_id": row.record.get("parent_id")} if self.job.stage else row.record
            wanted = {k: v for k, v in wanted.items() if k in names and k not in ("name", "created_at")}
            row.changes = changed(self.job, present[row.known], wanted)
            row.record["told"] = told_fields(row.changes, present[row.known])
            have = children.get(row.known, {})  # type: ignore[arg-type]
            fresh = {key: [v for v in row.values.get(key, ()) if v not in have.get(key, ())] for key in CHILDREN}
            row.record["fresh"] = fresh if not self.job.stage else {}
            row.record["has"] = {key for key in have if have[key]}
            if not row.changes and not any(row.record["fresh"].values()):
                row.action = "unchanged"

    def _children(self, ids: list[UUID]) -> dict[UUID, dict[str, list[str]]]:
        found: dict[UUID, dict[str, list[str]]] = {}
        for key, (model, column) in CHILDREN.items():
            for pk, value in model.objects.filter(company__in=ids).values_list("company_id", column):
                found.setdefault(pk, {}).setdefault(key, []).append(value)
        return found

    def write(self, rows: list[Row]) -> None:
        """Insert new companies and change known ones."""
        fresh = [row for row in rows if row.action == "create"]
        if fresh:
            write_companies(self.job, [{**row.record, **{k: row.values.get(k, ()) for k in CHILDREN}} for row in fresh])
        for row in fresh:
            row.known = row.record["id"]
        known = [row for row in rows if row.action == "update"]
        if not known:
            return
        update_rows(Company, [(row.known, row.changes) for row in known if row.known])
        write_children(
            (row.known, *(row.record["fresh"].get(key, ()) for key in CHILDREN), bool(row.record["has"]))
            for row in known
            if row.known
        )
        refresh_company_search([row.known for row in known if row.known])
        fields = {
            row.known: tuple(sorted((*row.record["told"], *(k for k, v in row.record["fresh"].items() if v))))
            for row in known
        }
        publish(
            *(CompanyChanged(subject_id=pk, fields=names) for pk, names in fields.items() if pk), actor=self.job.actor
        )


CHILDREN: dict[str, tuple[Any, str]] = {
    "domains": (CompanyDomain, "domain"),
    "emails": (CompanyEmail, "address"),
    "phones": (CompanyPhone, "number"),
}


def _circular(child: UUID, parent: UUID, above: Mapping[UUID, UUID]) -> bool:
    """Say whether the child is among the parents of the parent."""
    seen: set[UUID] = set()
    at: UUID | None = parent
    while at is not None and at not in seen:
        if at == child:
            return True
        seen.add(at)
        at = above.get(at)
    return False


class CompanyImporter(Importer):
    """Companies, with their domains, shared addresses, phones and parent companies."""

    kind: ClassVar[str] = "companies"
    record_kind: ClassVar[str] = "company"
    label: ClassVar[Words] = gettext_lazy("Companies")
    one: ClassVar[Words] = gettext_lazy("company")
    icon: ClassVar[str] = "building-2"
    hint: ClassVar[Words] = gettext_lazy("Known by their id in the other system, then by domain, then by name.")
    order: ClassVar[int] = 20
    session: ClassVar[type[Session]] = CompanySession
    list_url: ClassVar[str] = "contacts:company_list"
    match_keys: ClassVar[tuple[tuple[str, Words], ...]] = (
        ("", gettext_lazy("Id, then domain, then name")),
        ("external_id", gettext_lazy("Id in the other system only")),
        ("domain", gettext_lazy("Domain")),
        ("name", gettext_lazy("Name")),
    )

    def own_fields(self) -> Iterable[Field]:
        """All fields of R3."""
        return (
            Field("name", gettext_lazy("Name"), parsers.text(200), SYNONYMS["name"]),
            Field("domains", gettext_lazy("Domain"), parsers.domains, SYNONYMS["domains"], multiple=True),
            Field("website", gettext_lazy("Website"), parsers.url, SYNONYMS["website"], "url"),
            Field("industry", gettext_lazy("Industry"), parsers.text(80), SYNONYMS["industry"]),
            Field("size_band", gettext_lazy("Number of people"), size_band, SYNONYMS["size_band"]),
            Field(
                "emails",
                gettext_lazy("Shared e-mail address"),
                parsers.emails,
                SYNONYMS["emails"],
                "email",
                multiple=True,
            ),
            Field("phones", gettext_lazy("Phone"), parsers.phones, SYNONYMS["phones"], "phone", multiple=True),
            Field("parent", gettext_lazy("Parent company"), parsers.text(200), SYNONYMS["parent"]),
            *shared_fields(),
            EXTERNAL_ID,
        )

    def default_options(self, run: ImportRun, sample: list[list[str]]) -> dict[str, Any]:
        """Phones without country code are read as those of the workspace's country."""
        return default_options()

    def missing(self, fields: set[str], options: dict[str, Any]) -> list[Words]:
        """A company needs a name."""
        return [] if "name" in fields else [gettext_lazy("Name")]

    def may(self, actor: Any) -> bool:
        """Importing companies needs the right to edit some."""
        return actor.may("import") and not actor.scope("company", "edit").nothing
