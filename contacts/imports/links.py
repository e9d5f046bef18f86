"""The companies that rows of contacts, deals and activities name."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from contacts.models import Company, Contact
from crm.kernel.core.ids import uuid7
from crm.kernel.listing.imports.engine import Job
from crm.kernel.listing.imports.registry import Row
from crm.kernel.listing.imports.tables import pairs

from .common import Known, companies_named, followed, own_ids
from .companies import write_companies
from .names import split_name
from .writing import write_contacts


class CompanyLinks:
    """Finds the companies that rows name, by id, domain or name, and makes those that are not here."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.known: set[str] = set()
        self.new: set[str] = set()
        self._found: dict[str, UUID] = {}

    def resolve(self, rows: Sequence[Row]) -> None:
        """Fill `row.values["company_id"]` of rows that name a company."""
        rows = [row for row in rows if self._words(row)]
        self._look_up(rows)
        fresh: dict[str, dict[str, Any]] = {}
        for row in rows:
            self._link(row, fresh)
        if fresh and not self.job.dry:
            write_companies(self.job, list(fresh.values()))

    def _words(self, row: Row) -> list[str]:
        """Return what the row says of its company, most certain first."""
        values = row.values
        return [
            f"{key}:{values[name]}"
            for key, name in (("id", "company_external_id"), ("domain", "company_domain"), ("name", "company"))
            if values.get(name)
        ]

    def _look_up(self, rows: Sequence[Row]) -> None:
        asked: dict[str, set[str]] = {"id": set(), "domain": set(), "name": set()}
        for row in rows:
            for word in self._words(row):
                if word not in self._found:
                    kind, _sep, value = word.partition(":")
                    asked[kind].add(value)
        if asked["id"]:
            ours = Company.objects.filter(import_source=self.job.run.source, external_id__in=asked["id"])
            columns = ("external_id", "pk", "owner_id", "binned_at", "merged_into")
            self._note("id", ours.exclude(external_id="").values_list(*columns))
            self._note("id", own_ids(Company, (word for word in asked["id"] if f"id:{word}" not in self._found)))
        if asked["domain"]:
            sql = """
                SELECT d.domain, c.id, c.owner_id, c.binned_at, c.merged_into_id FROM contacts_companydomain d
                JOIN contacts_company c ON c.id = d.company_id WHERE d.domain = ANY(%s) ORDER BY d.live
            """
            self._note("domain", pairs(sql, [list(asked["domain"])]))
        if asked["name"]:
            self._found |= {f"name:{value}": pk for value, pk in companies_named(asked["name"]).items()}

    def names_of(self, ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
        """Return the names of known companies; one query."""
        wanted = {pk for pk in ids if pk is not None}
        return dict(Company.objects.filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}

    def _note(self, kind: str, rows: Iterable[Sequence[Any]]) -> None:
        """Remember the live companies that words lead to, by merges too (M3)."""
        found = followed(Company, (Known(*row) for row in rows))
        self._found |= {f"{kind}:{known.key}": known.pk for known in found if known.binned_at is None}

    def _link(self, row: Row, fresh: dict[str, dict[str, Any]]) -> None:
        words = self._words(row)
        found = next((self._found[word] for word in words if word in self._found), None)
        name = row.values.get("company") or row.values.get("company_domain") or ""
        if found is None and (not name or not self.job.options.get("create_companies", True)):
            row.fail(
                self.job.column("company"),
                _("There is no company “%(name)s” here.") % {"name": (name or words[0][3:])[:80]},
            )
            return
        if found is None:
            found = uuid7()
            folded = name.casefold()
            fresh[folded] = fresh.get(folded) or {
                "id": found, "name": name, "import_source": self.job.run.source,
                "external_id": row.values.get("company_external_id", ""), "domain": row.values.get("company_domain"),
            }  # fmt: skip
            found = fresh[folded]["id"]
            self.new.add(name)
        elif name not in self.new:
            self.known.add(name)
        self._found |= dict.fromkeys(words, found)
        row.values["company_id"] = found


class ContactLinks:
    """Finds the people whom rows of deals and activities name, by e-mail or name, or makes them."""

    def __init__(self, job: Job) -> None:
        self.job = job

    def resolve(self, rows: Sequence[Row]) -> None:
        """Fill `row.values["contact_ids"]`. Somebody whom the actor may not see is an error of the row (U3)."""
        self._by_id([row for row in rows if row.values.get("contact_external_id")])
        rows = [row for row in rows if row.values.get("contact_email") or row.values.get("contact_name")]
        rows = [row for row in rows if not row.values.get("contact_ids") and not row.errors]
        by_email = self._by_email({address for row in rows for address in row.values.get("contact_email", ())})
        by_name = self._by_name([row for row in rows if not row.values.get("contact_email")])
        fresh: dict[str, dict[str, Any]] = {}
        for row in rows:
            values = row.values
            addresses = values.get("contact_email", ())
            if not addresses:
                self._link_by_name(row, by_name, fresh)
                continue
            values["contact_ids"] = [
                pk for address in addresses if (pk := self._link(row, address, by_email, fresh)) is not None
            ]
        if fresh and not self.job.dry:
            write_contacts(self.job, list(fresh.values()))

    def _by_id(self, rows: Sequence[Row]) -> None:
        """Link rows to the people whose ids they hold; where none is here, the address or name is tried."""
        ids = {word for row in rows for word in row.values["contact_external_id"]}
        ours = Contact.objects.filter(import_source=self.job.run.source, external_id__in=ids).exclude(external_id="")
        listed = [Known(*row) for row in ours.values_list("external_id", "pk", "owner_id", "binned_at", "merged_into")]
        listed += own_ids(Contact, ids - {known.key for known in listed})
        found = {each.key: each for each in followed(Contact, listed) if each.binned_at is None}
        for row in rows:
            named = [found[word] for word in row.values["contact_external_id"] if word in found]
            seen = [self._seen(row, known.pk, known.owner_id) for known in named]
            row.values["contact_ids"] = list(dict.fromkeys(pk for pk in seen if pk is not None))

    def _by_email(self, addresses: set[str]) -> dict[str, tuple[UUID, UUID | None]]:
        sql = """
            SELECT e.address, c.id, c.owner_id, c.binned_at, c.merged_into_id FROM contacts_contactemail e
            JOIN contacts_contact c ON c.id = e.contact_id WHERE e.address = ANY(%s) ORDER BY e.live
        """
        found = followed(Contact, (Known(*row) for row in pairs(sql, [list(addresses)]))) if addresses else []
        return {known.key: (known.pk, known.owner_id) for known in found if known.binned_at is None}

    def _by_name(self, rows: Sequence[Row]) -> dict[tuple[str, UUID | None], list[tuple[UUID, UUID | None]]]:
        """Return the live contacts of each name, by name and company, and by name alone."""
        names = {row.values["contact_name"] for row in rows}
        sql = """
            SELECT w.word, c.id, c.company_id, c.owner_id
            FROM (SELECT word, crm_fold(word) AS folded FROM unnest(%s::text[]) AS word) w
            JOIN contacts_contact c ON c.sort_name = w.folded AND c.binned_at IS NULL
        """
        found: dict[tuple[str, UUID | None], list[tuple[UUID, UUID | None]]] = {}
        for word, pk, company, owner in pairs(sql, [list(names)]) if names else ():
            for key in {(word, company), (word, None)}:
                found.setdefault(key, []).append((pk, owner))
        return found

    def _link(self, row: Row, address: str, known: dict[str, Any], fresh: dict[str, dict[str, Any]]) -> UUID | None:
        if address in known:
            return self._seen(row, *known[address])
        name = row.values.get("contact_name") or address.partition("@")[0]
        return self._new(row, f"email:{address}", name, [address], fresh)

    def _link_by_name(self, row: Row, known: dict[Any, Any], fresh: dict[str, dict[str, Any]]) -> None:
        name, company = row.values["contact_name"], row.values.get("company_id")
        found = known.get((name, company), [])
        if len(found) > 1:
            row.fail("", _("“%(name)s” could be several people. Add a column with their e-mail.") % {"name": name[:80]})
        elif found:
            pk = self._seen(row, *found[0])
            row.values["contact_ids"] = [pk] if pk else []
        else:
            pk = self._new(row, f"name:{name.casefold()}:{company}", name, [], fresh)
            row.values["contact_ids"] = [pk] if pk else []

    def _seen(self, row: Row, pk: UUID, owner: UUID | None) -> UUID | None:
        if not self.job.actor.scope("contact", "view").covers(owner):
            row.fail("", _("This contact is already in the workspace."))
            return None
        return pk

    def _new(self, row: Row, key: str, name: str, emails: list[str], fresh: dict[str, dict[str, Any]]) -> UUID | None:
        if not self.job.options.get("create_contacts", True):
            row.fail("", _("There is no contact “%(name)s” here.") % {"name": (emails or [name])[0][:80]})
            return None
        if key not in fresh:
            first, middle, last = split_name(name)
            fresh[key] = {
                "id": uuid7(), "first_name": first[:100], "middle_name": middle[:100], "last_name": last[:100],
                "company_id": row.values.get("company_id"), "owner_id": row.values.get("owner"),
                "import_source": "", "external_id": "", "emails": emails, "phones": [],
            }  # fmt: skip
        pk: UUID = fresh[key]["id"]
        return pk
