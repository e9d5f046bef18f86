"""The companies that rows of contacts, deals and activities name."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from contacts.models import Company
from crm.kernel.core.ids import uuid7
from crm.kernel.listing.imports.engine import Job
from crm.kernel.listing.imports.registry import Row
from crm.kernel.listing.imports.tables import pairs

from .common import companies_named
from .companies import write_companies


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
            ours = Company.objects.live().filter(import_source=self.job.run.source, external_id__in=asked["id"])
            self._found |= {f"id:{value}": pk for value, pk in ours.values_list("external_id", "pk")}
        if asked["domain"]:
            sql = "SELECT d.domain, d.company_id FROM contacts_companydomain d WHERE d.live AND d.domain = ANY(%s)"
            self._found |= {f"domain:{value}": pk for value, pk in pairs(sql, [list(asked["domain"])])}
        if asked["name"]:
            self._found |= {f"name:{value}": pk for value, pk in companies_named(asked["name"]).items()}

    def _link(self, row: Row, fresh: dict[str, dict[str, Any]]) -> None:
        words = self._words(row)
        found = next((self._found[word] for word in words if word in self._found), None)
        name = row.values.get("company") or row.values.get("company_domain") or ""
        if found is None and (not name or not self.job.options.get("create_companies", True)):
            row.fail("", _("There is no company “%(name)s” here.") % {"name": (name or words[0][3:])[:80]})
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
