"""Import of contacts (R2, R4): the fast way in for many, by the rules of `contacts.services`.

Rows are checked in sets; new ones are copied in with their search text folded beforehand, so each is written once.
"""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.hints import likely
from contacts.models import CompanyEmail, Contact, LeadStatus, Lifecycle
from crm.kernel.core import parsers
from crm.kernel.core.changes import Actor
from crm.kernel.core.history import history_of
from crm.kernel.core.ids import uuid7
from crm.kernel.listing.imports.custom import custom_of
from crm.kernel.listing.imports.models import ImportRun
from crm.kernel.listing.imports.registry import EXTERNAL_ID, Field, Importer, Row, Session, Words
from crm.kernel.listing.imports.tables import pairs

from .common import (
    MORE,
    Known,
    collect,
    content_key,
    default_options,
    followed,
    match_external,
    require_rights,
    shared_fields,
    take_known,
)
from .known_contacts import COLUMNS, change_contacts
from .links import CompanyLinks
from .names import split_name
from .writing import write_contacts

LEAD_WORDS = {"sql": "opportunity", "mql": "lead", "subscriber": "lead", "prospect": "lead", "client": "customer"}


# What columns of other systems are called.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "full_name": ("name", "contact", "contact name", "person", "fullname", "navn"),
    "first_name": ("firstname", "given name", "forename", "vorname", "fornavn"),
    "middle_name": ("middlename",),
    "last_name": ("lastname", "surname", "family name", "nachname", "etternavn"),
    "email": ("mail", "email address", "e mail address", "work email", "primary email"),
    "emails": ("other email", "email 2", "secondary email", "additional emails", "personal email"),
    "phone": ("telephone", "phone number", "tel", "tlf", "telefon", "work phone", "business phone"),
    "phones": ("mobile", "mobile phone", "mobile phone number", "cell", "other phone", "home phone", "phone 2"),
    "job_title": ("job title", "position", "role", "stilling", "function"),
    "company": (
        "company name",
        "account",
        "account name",
        "organisation",
        "organization",
        "firma",
        "employer",
        "associated company",
    ),
    "company_domain": ("domain", "company domain", "company website"),
    "company_external_id": ("company id", "account id", "associated company id", "organisation id"),
    "lifecycle": ("lifecycle stage", "contact type", "type"),
    "lead_status": ("status",),
    "source": ("lead source", "original source", "channel"),
    "language": ("preferred language", "locale"),
    "links": ("linkedin", "linkedin url", "website", "twitter", "url", "profile"),
    "do_not_email": ("email opt out", "opt out", "unsubscribed", "do not mail"),
    "do_not_call": ("call opt out", "no calls"),
}


class ContactSession(Session):
    """Contacts are known by the id in the other system, then by e-mail; rows with neither by their content."""

    def __init__(self, job: Any) -> None:
        super().__init__(job)
        self.companies = CompanyLinks(job)
        self.returning = bool(job.options.get("returning")) and job.run.mode == ImportRun.Mode.UPSERT
        if self.returning:  # the same file once more is no news of anybody
            again = ImportRun.objects.filter(kind=job.run.kind, digest=job.run.digest, state=ImportRun.State.DONE)
            self.returning = not again.exclude(pk=job.run.pk).exists()

    def identify(self, row: Row) -> None:
        """Work out the name, bring addresses together, and say by what the row is known."""
        collect(row)
        values = row.values
        if full := values.pop("full_name", None):
            first, middle, last = split_name(full)
            for name, part in (("first_name", first), ("middle_name", middle), ("last_name", last)):
                if part:
                    values.setdefault(name, part[:100])
        for one, many in (("email", "emails"), ("phone", "phones")):
            own = [values[one]] if values.get(one) else []
            values[many] = list(dict.fromkeys([*own, *values.get(many, ())]))
        wanted = self.job.run.match_key
        if external := values.get("external_id"):
            row.keys.append(f"id:{external}")
        if wanted != "external_id":
            row.keys += [f"email:{address}" for address in values["emails"]]
        if not row.keys:
            row.keys.append(content_key(row))
        if not values.get("first_name") and not values.get("last_name"):
            self._name_by_address(row)

    def _name_by_address(self, row: Row) -> None:
        """Somebody of whom only the address is known is called by it until somebody knows better."""
        addresses = row.values["emails"]
        if addresses:
            row.values["first_name"] = addresses[0].partition("@")[0][:100]
            row.record["named_by_address"] = True
        elif not row.values.get("external_id"):
            row.fail("", _("The row has neither a name nor an e-mail address."))

    def match(self, rows: list[Row]) -> None:
        """Look ids and addresses up, each in one query. An address of somebody in the bin offers restoring (R2)."""
        match_external(self.job, rows, Contact)
        asked = {address: row for row in rows if not row.errors for address in row.values["emails"]}
        if not asked:
            return
        sql = """
            SELECT e.address, c.id, c.owner_id, c.binned_at, c.merged_into_id FROM contacts_contactemail e
            JOIN contacts_contact c ON c.id = e.contact_id WHERE e.address = ANY(%s) ORDER BY e.live
        """
        found = {known.key: known for known in followed(Contact, (Known(*row) for row in pairs(sql, [list(asked)])))}
        for address, known in found.items():
            row, by_id = asked[address], asked[address].known is not None
            if known.merged_into:
                row.values["emails"].remove(address)  # nobody wanted it on the record that it leads to
            take_known(self.job, row, Contact, known.pk, known.owner_id, known.binned_at is not None)
            if self.returning and not by_id and row.known is not None:
                row.record["returned"] = True
        self._leave_out_new([row for row in asked.values() if row.record.get("returned")])
        self._drop_shared(asked)

    def _leave_out_new(self, rows: list[Row]) -> None:
        """Whom an earlier row of this run has brought has not come in again."""
        if not rows:
            return
        made = history_of(Contact).objects.filter(
            pgh_obj_id__in=[row.known for row in rows], pgh_context_id=self.job.run.changeset_id, pgh_label="insert"
        )
        new = set(made.values_list("pgh_obj_id", flat=True))
        for row in rows:
            row.record["returned"] = row.known not in new

    def _drop_shared(self, asked: dict[str, Row]) -> None:
        """A shared address of a company stays the company's; the person is imported without it (R2)."""
        shared = CompanyEmail.objects.filter(address__in=list(asked), company__binned_at__isnull=True)
        for address, company in shared.values_list("address", "company__name"):
            row = asked[address]
            row.values["emails"].remove(address)
            row.warn("", _("%(address)s is a shared address of %(name)s.") % {"address": address, "name": company})

    def plan(self, rows: list[Row]) -> None:
        """Work out the columns of new contacts and what changes of known ones."""
        require_rights(self.job, rows, "contact")
        rows = [row for row in rows if not row.errors]
        for row in rows:
            if row.action == "create" and not row.values.get("first_name") and not row.values.get("last_name"):
                row.fail("", _("The row has no name."))
        rows = [row for row in rows if not row.errors]
        self.companies.resolve(rows)
        rows = [row for row in rows if not row.errors]
        for row in rows:
            self._fill(row)
        if self.job.dry:
            self._mark_doubles([row for row in rows if row.action == "create"])
        known = [row for row in rows if row.action == "update"]
        change_contacts(self.job, known, write=False)

    def _fill(self, row: Row) -> None:
        values = row.values
        if "owner" in values:
            values["owner_id"] = values["owner"]
        if values.get("lifecycle") == Lifecycle.CHURNED:
            values.setdefault("churned_on", self.job.directory.actor.user.today())
        if isinstance(values.get("consent_at"), tuple):
            values["consent_at"] = values["consent_at"][0]
        guessed = row.record.pop("named_by_address", False) and row.action == "update"
        for name in COLUMNS:
            value = values.get(name)
            if value is not None and not (guessed and name == "first_name"):
                row.record[name] = value
        row.record["custom"] = custom_of(values)
        external = values.get("external_id") or (row.keys[0] if row.keys[0].startswith("row:") else "")
        row.record |= {"import_source": self.job.run.source if external else "", "external_id": external}

    def _mark_doubles(self, rows: list[Row]) -> None:
        """Mark new contacts that look like one who is here: a warning that names them, never a block (M2)."""
        names = self.companies.names_of(row.record.get("company_id") for row in rows)
        typed = [
            {**row.record, "emails": row.values["emails"], "phones": row.values["phones"],
             "company": row.values.get("company") or names.get(row.record.get("company_id"), "")}
            for row in rows
        ]  # fmt: skip
        for row, found in zip(rows, likely("contact", typed, self.job.actor), strict=True):
            if found is not None:
                row.double = True
                row.warn("", _("This looks like %(name)s, who is here already.") % {"name": found})

    def links(self) -> dict[str, tuple[int, int]]:
        """Count the companies that the rows name."""
        return {"company": (len(self.companies.known), len(self.companies.new))}

    def write(self, rows: list[Row]) -> None:
        """Copy new contacts in and change known ones."""
        fresh = [row for row in rows if row.action == "create"]
        if fresh:
            for row in fresh:
                row.known = uuid7()
            write_contacts(
                self.job,
                [
                    {**row.record, "id": row.known, "emails": row.values["emails"], "phones": row.values["phones"]}
                    for row in fresh
                ],
            )
        change_contacts(self.job, [row for row in rows if row.action == "update"], write=True)


class ContactImporter(Importer):
    """People, with their company: found by id, domain or name, or made."""

    kind: ClassVar[str] = "contacts"
    record_kind: ClassVar[str] = "contact"
    label: ClassVar[Words] = gettext_lazy("Contacts")
    one: ClassVar[Words] = gettext_lazy("contact")
    icon: ClassVar[str] = "user-round"
    hint: ClassVar[Words] = gettext_lazy("Known by their id in the other system, then by e-mail.")
    order: ClassVar[int] = 30
    session: ClassVar[type[Session]] = ContactSession
    list_url: ClassVar[str] = "contacts:contact_list"
    match_keys: ClassVar[tuple[tuple[str, Words], ...]] = (
        ("", gettext_lazy("Id, then e-mail")),
        ("external_id", gettext_lazy("Id in the other system only")),
    )

    def own_fields(self) -> Iterable[Field]:
        """All fields of R2."""
        company = gettext_lazy("Company")
        return (
            Field("full_name", gettext_lazy("Full name"), parsers.text(250), SYNONYMS["full_name"]),
            Field("first_name", gettext_lazy("First name"), parsers.text(100), SYNONYMS["first_name"]),
            Field("middle_name", gettext_lazy("Middle name"), parsers.text(100), SYNONYMS["middle_name"]),
            Field("last_name", gettext_lazy("Last name"), parsers.text(100), SYNONYMS["last_name"]),
            Field("email", gettext_lazy("E-mail"), parsers.email, SYNONYMS["email"], "email"),
            Field(
                "emails",
                gettext_lazy("More e-mail addresses"),
                parsers.emails,
                SYNONYMS["emails"],
                "emails",
                multiple=True,
            ),
            Field("phone", gettext_lazy("Phone"), parsers.phone, SYNONYMS["phone"], "phone"),
            Field(
                "phones",
                gettext_lazy("More phone numbers"),
                parsers.phones,
                SYNONYMS["phones"],
                "phones",
                multiple=True,
            ),
            Field("job_title", gettext_lazy("Title"), parsers.text(150), SYNONYMS["job_title"]),
            Field("company", gettext_lazy("Company"), parsers.text(200), SYNONYMS["company"], group=company),
            Field(
                "company_domain",
                gettext_lazy("Company's domain"),
                parsers.domain,
                SYNONYMS["company_domain"],
                group=company,
            ),
            Field(
                "company_external_id",
                gettext_lazy("Company's id in the other system"),
                parsers.text(200),
                SYNONYMS["company_external_id"],
                group=company,
            ),
            Field(
                "lifecycle",
                gettext_lazy("Lifecycle"),
                parsers.choice(Lifecycle.choices, LEAD_WORDS),
                SYNONYMS["lifecycle"],
            ),
            Field(
                "lead_status", gettext_lazy("Lead status"), parsers.choice(LeadStatus.choices), SYNONYMS["lead_status"]
            ),
            Field("source", gettext_lazy("Source"), parsers.text(80), SYNONYMS["source"]),
            *shared_fields(),
            Field("unqualified_reason", gettext_lazy("Why unqualified"), parsers.text(300), group=MORE),
            Field("churned_on", gettext_lazy("Churned on"), parsers.date, sort="date", group=MORE),
            Field("churned_reason", gettext_lazy("Why churned"), parsers.text(300), group=MORE),
            Field("lead_score", gettext_lazy("Score"), parsers.whole(-1000, 1000), ("lead score",), group=MORE),
            Field("consent_at", gettext_lazy("Consent given on"), parsers.moment, sort="date", group=MORE),
            Field("consent_how", gettext_lazy("How consent was given"), parsers.text(200), group=MORE),
            Field("consent_basis", gettext_lazy("Basis of consent"), parsers.text(200), group=MORE),
            Field("language", gettext_lazy("Language"), parsers.text(40), SYNONYMS["language"], group=MORE),
            Field("links", gettext_lazy("Links"), parsers.urls, SYNONYMS["links"], "url", multiple=True, group=MORE),
            Field("do_not_email", gettext_lazy("Do not e-mail"), parsers.boolean, SYNONYMS["do_not_email"], group=MORE),
            Field("do_not_call", gettext_lazy("Do not call"), parsers.boolean, SYNONYMS["do_not_call"], group=MORE),
            EXTERNAL_ID,
        )

    def default_options(self, run: ImportRun, sample: list[list[str]]) -> dict[str, Any]:
        """Phones without country code are read as those of the workspace's country."""
        return default_options() | {"returning": True}

    def missing(self, fields: set[str], options: dict[str, Any]) -> list[Words]:
        """A contact needs a name or an address."""
        named = fields & {"full_name", "first_name", "last_name", "email", "emails", "external_id"}
        return [] if named else [gettext_lazy("Full name, or e-mail")]

    def may(self, actor: Actor) -> bool:
        """Importing contacts needs the right to edit some."""
        return actor.may("import") and not actor.scope("contact", "edit").nothing
