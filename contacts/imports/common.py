"""What the imports of companies and contacts share: fields, rights, and which values of a known record change."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.countries import region_of_zone
from contacts.models import survivors_of
from crm.kernel.core import parsers
from crm.kernel.customfields.values import changed_names, merged
from crm.kernel.listing.imports.engine import Job
from crm.kernel.listing.imports.registry import Field, Row
from crm.kernel.listing.imports.tables import pairs
from crm.kernel.workspace.models import Workspace

ADDRESS = gettext_lazy("Address")
MORE = gettext_lazy("More")
MAX_TAGS = 50
OWN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


# What columns of other systems are called.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "owner": (
        "account manager",
        "assigned to",
        "sales rep",
        "sales agent",
        "responsible",
        "account owner",
        "contact owner",
        "lead owner",
        "met by",
    ),
    "street": ("address", "street address", "address line 1", "mailing street", "billing street", "strasse", "adresse"),
    "postal_code": ("zip", "zip code", "postcode", "plz", "mailing zip postal code"),
    "city": ("town", "mailing city", "billing city", "ort", "by"),
    "region": ("state", "state region", "county", "province", "mailing state province"),
    "country": ("country region", "mailing country", "billing country", "office location", "land"),
    "tags": ("labels", "tag", "groups"),
    "description": ("description", "comments", "notes", "remarks", "background"),
    "created": ("created at", "create date", "created date", "date created", "date added", "created"),
}


def shared_fields() -> tuple[Field, ...]:
    """Return the fields that companies and contacts have alike."""
    return (
        Field("owner", gettext_lazy("Owner"), parsers.text(254), SYNONYMS["owner"], "person"),
        Field("street", gettext_lazy("Street"), parsers.text(200), SYNONYMS["street"], group=ADDRESS),
        Field("postal_code", gettext_lazy("Postal code"), parsers.text(20), SYNONYMS["postal_code"], group=ADDRESS),
        Field("city", gettext_lazy("City"), parsers.text(100), SYNONYMS["city"], group=ADDRESS),
        Field("region", gettext_lazy("Region"), parsers.text(100), SYNONYMS["region"], group=ADDRESS),
        Field("country", gettext_lazy("Country"), parsers.text(80), SYNONYMS["country"], group=ADDRESS),
        Field(
            "tags", gettext_lazy("Tags, divided by commas"), parsers.words, SYNONYMS["tags"], multiple=True, group=MORE
        ),
        Field("tag", gettext_lazy("The whole cell as one tag"), parsers.text(50), multiple=True, group=MORE),
        Field(
            "description",
            gettext_lazy("About"),
            parsers.text(10_000, lines=True),
            SYNONYMS["description"],
            multiple=True,
            group=MORE,
        ),
        Field(
            "describe",
            gettext_lazy("Add to “About” with the column's name"),
            parsers.text(2_000, lines=True),
            multiple=True,
            group=MORE,
        ),
        Field("created", gettext_lazy("Created on"), parsers.moment, SYNONYMS["created"], "date", group=MORE),
    )


def collect(row: Row) -> None:
    """Bring together what several columns say of one thing: tags, the text about the record, when it was made."""
    values = row.values
    single = values.pop("tag", None)
    tags = [*values.get("tags", ()), *(single.split("\n") if single else ())]
    if tags:
        values["tags"] = list(dict.fromkeys(tags))[:MAX_TAGS]
    described = values.pop("describe", None)
    if described:
        values["description"] = "\n".join(part for part in (values.get("description"), described) if part)
    if len(values.get("description", "")) > 10_000:
        row.fail("", _("The text about the record has more than 10,000 characters."))
    if "created" in values:
        values["created_at"] = values.pop("created")[0]
        if values["created_at"] > timezone.now():
            row.fail("", _("The creation date is in the future."))


def identity(row: Row, source: str) -> dict[str, str]:
    """Return where a new record says it comes from; rows without an id are known by their content."""
    external = row.values.get("external_id") or (f"row:{row.content[:20]}" if row.keys == [content_key(row)] else "")
    return {"import_source": source, "external_id": external}


def content_key(row: Row) -> str:
    """Return what a row is known by that has neither an id nor anything else of its own."""
    return f"row:{row.content[:20]}"


def default_options() -> dict[str, Any]:
    """Return the options that files of companies and contacts begin with."""
    return {"region": region_of_zone(Workspace.current().timezone) or "US", "create_companies": True}


def external_keys(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Return rows by the id under which their record would be stored."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        for key in row.keys:
            if key.startswith("id:"):
                found.setdefault(key[3:], []).append(row)
            elif key.startswith("row:"):
                found.setdefault(key, []).append(row)
    return found


def match_external(job: Job, rows: Sequence[Row], model: Any, owner: str = "owner_id") -> None:
    """Find the records that came from this source under the rows' ids (R1); refuse what may not be touched."""
    wanted = external_keys(rows)
    if not wanted:
        return
    # the index holds only rows with an id, which a long list alone does not prove to the planner
    found = model.objects.filter(import_source=job.run.source, external_id__in=list(wanted)).exclude(external_id="")
    listed = [Known(*row) for row in found.values_list("external_id", "pk", owner, "binned_at", *_merges(model))]
    listed += own_ids(model, wanted.keys() - {known.key for known in listed}, owner)
    for known in followed(model, listed, owner):
        for row in wanted[known.key]:
            if known.merged_into or known.key == str(known.pk):
                row.values.pop("external_id", None)  # stays the merged record's, or is no id of another system
            take_known(job, row, model, known.pk, known.owner_id, known.binned_at is not None)


class Known(NamedTuple):
    """A record that a row's id, address or domain leads to; `merged_into` is set if it led there by a merge."""

    key: str
    pk: UUID
    owner_id: UUID | None
    binned_at: Any
    merged_into: UUID | None = None


def own_ids(model: Any, words: Iterable[str], owner: str = "owner_id") -> list[Known]:
    """Return the records of this workspace that words name by their own id, as our own exports do."""
    ids = [UUID(word) for word in words if OWN_ID.fullmatch(word)]
    rows = model.objects.filter(pk__in=ids).values_list("pk", owner, "binned_at", *_merges(model)) if ids else ()
    return [Known(str(row[0]), *row) for row in rows]


def _merges(model: Any) -> tuple[str, ...]:
    """Return the column that says into which record one was merged, for kinds that can be merged."""
    return ("merged_into",) if hasattr(model, "merged_into") else ()


def followed(model: Any, found: Iterable[Known], owner: str = "owner_id") -> list[Known]:
    """Put the survivor in the place of each record that was merged (M3); no query where nothing was."""
    rows = list(found)
    ways = survivors_of(model, [row.pk for row in rows if row.merged_into])
    if not ways:
        return rows
    last = {pk: (owner_id, binned) for pk, owner_id, binned in model.objects.filter(pk__in=set(ways.values())).values_list(
        "pk", owner, "binned_at"
    )}  # fmt: skip
    return [row if row.pk not in ways else Known(row.key, ways[row.pk], *last[ways[row.pk]], row.pk) for row in rows]


def take_known(job: Job, row: Row, model: Any, pk: UUID, owner_id: UUID | None, binned: bool) -> None:
    """Say that a row means a record that is here, unless the actor may not know of it or not change it (U3)."""
    if row.errors or (row.known is not None and row.known == pk):
        return
    if row.known is not None:
        row.fail("", _("The id and the address belong to two different records."))
    elif not job.actor.scope(model.kind, "view").covers(owner_id):
        row.fail("", _("This is already in the workspace."))
    elif binned:
        row.fail("", _("This record is in the bin. Restore it first."))
    else:
        row.known = pk
        row.record["owner_id"] = owner_id


def require_rights(job: Job, rows: Iterable[Row], kind: str) -> None:
    """Fail the rows whose record the actor may not edit, or may not give to this owner (U2)."""
    scope = job.actor.scope(kind, "edit")
    for row in rows:
        if row.action == "update" and not scope.covers(row.record.get("owner_id")):
            row.fail("", _("You may not change this record."))
        owner = row.values.get("owner")
        if (
            owner is not None
            and not scope.covers(owner)
            and (row.action == "create" or owner != row.record.get("owner_id"))
        ):
            row.fail(
                job.column("owner"), _("You may not give records to %(name)s.") % {"name": job.directory.name(owner)}
            )


def changed(job: Job, present: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return what changes of a known record: empties are filled, others overwritten only if asked; tags are added."""
    changes: dict[str, Any] = {}
    for name, value in wanted.items():
        before = present[name]
        if value in (None, "", [], {}) or value == before:
            continue
        if name == "custom":
            kept = {k: v for k, v in value.items() if job.run.overwrite or k not in before}
            if (together := merged(before, kept)) != before:
                changes[name] = together
        elif name == "tags":
            united = list(dict.fromkeys([*before, *value]))[:MAX_TAGS]
            if united != before:
                changes[name] = united
        elif before in (None, "", [], False) or job.run.overwrite:
            changes[name] = value
    if wanted_id := wanted.get("external_id"):
        taken = bool(present["external_id"]) and not present["external_id"].startswith("row:")
        if taken or present["external_id"] == wanted_id:
            changes.pop("external_id", None)
            changes.pop("import_source", None)
        else:
            changes |= {"external_id": wanted_id, "import_source": wanted["import_source"]}
    else:
        changes.pop("external_id", None)
        changes.pop("import_source", None)
    return changes


def told_fields(changes: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """Return the names of changed columns as events carry them, custom fields each by its own."""
    names = [name for name in changes if name != "custom"]
    return [*names, *changed_names(before["custom"], changes.get("custom", before["custom"]))]


def companies_named(names: Iterable[str]) -> dict[str, UUID]:
    """Return the live company of each name, whatever its case and accents; of several with one name the oldest."""
    sql = """
        SELECT DISTINCT ON (w.word) w.word, c.id
        FROM (SELECT word, crm_fold(word) AS folded FROM unnest(%s::text[]) AS word) w
        JOIN contacts_company c ON c.sort_name = w.folded AND c.binned_at IS NULL
        ORDER BY w.word, c.created_at, c.id
    """
    return dict(pairs(sql, [list(names)]))
