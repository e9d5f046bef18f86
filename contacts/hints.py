"""Warnings, never blocks, that a record may be here already (M2): while one types, and on the page of a record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from .models import Company, ContactEmail
from .services.children import read_values
from .services.duplicates.finding import MODELS, sharing_keys
from .services.duplicates.keys import keys_of
from .services.duplicates.pairs import pairs_of, reason_words
from .services.duplicates.profiles import Profile, load_profiles, profile_of
from .services.duplicates.rules import Rules, labels_for, rules_for
from .services.duplicates.scoring import Score, score
from .services.writing import home_region

SHOWN, LOOKED_AT = 3, 200


@dataclass(frozen=True, slots=True)
class Hint:
    """A record that looks like the one that is being typed."""

    record: Any
    why: str
    points: int
    url: str


@dataclass(frozen=True, slots=True)
class Hints:
    """What to say beside a form. `taken` are typed addresses that somebody has whom the person may not see (U3)."""

    found: list[Hint]
    taken: list[str]


def of_typed(kind: str, typed: Mapping[str, Any], actor: Any) -> Hints:
    """Return the records that what is typed looks like, those only that the person may see, the likeliest first."""
    rules = rules_for(kind)
    row = dict(typed)
    if kind == "contact" and (company := _company_name(typed.get("company"), actor)):
        row["company"] = company
    for name in ("emails", "phones", "domains"):
        row[name] = read_values(name, typed.get(name) or (), home_region())
    profile = profile_of(rules, row)
    judged = _alike(rules, profile, actor)
    labels = labels_for(kind, actor)
    records = MODELS[kind].objects.in_bulk(list(judged))
    found = [
        Hint(
            records[pk],
            reason_words([{"field": name, "how": how} for name, how in each.reasons], labels),
            each.points,
            reverse(f"contacts:{kind}_detail", args=[pk]),
        )
        for pk, each in judged.items()
        if pk in records
    ]
    return Hints(found, _taken(row["emails"], actor))


def _company_name(value: Any, actor: Any) -> str:
    """Return the name of a chosen company, or the typed words themselves."""
    try:
        wanted = UUID(str(value or ""))
    except ValueError:
        return str(value or "")
    return Company.objects.visible_to(actor).filter(pk=wanted).values_list("name", flat=True).first() or ""


def _alike(rules: Rules, profile: Profile, actor: Any) -> dict[UUID, Score]:
    keys = keys_of(rules, profile)
    near = {pk for ids in sharing_keys(rules.kind, keys).values() for pk in ids} if keys else set()
    seen = MODELS[rules.kind].objects.visible_to(actor).live().filter(pk__in=list(near)[:LOOKED_AT])
    profiles = load_profiles(rules, list(seen.values_list("pk", flat=True))) if near else {}
    judged = {pk: score(rules, profile, other) for pk, other in profiles.items()}
    likely = [(pk, each) for pk, each in judged.items() if each.points >= rules.possible]
    return dict(sorted(likely, key=lambda each: -each[1].points)[:SHOWN])


def _taken(addresses: Sequence[str], actor: Any) -> list[str]:
    """Return the typed addresses of live contacts whom the person may not see: of those it says no more (U3)."""
    rows = ContactEmail.objects.filter(address__in=list(addresses), live=True).select_related("contact")
    return [row.address for row in rows if not actor.can("view", row.contact)]


def likely(kind: str, rows: Sequence[Mapping[str, Any]], actor: Any) -> list[str | None]:
    """Return for each row (columns, `emails`, `phones` as stored) the name of the live record that it looks like most.

    In sets: two queries for all rows. Records that the actor may not see are not named (U3).
    """
    rules = rules_for(kind)
    profiles = [profile_of(rules, {**row, "id": None}) for row in rows]
    keys = [keys_of(rules, profile) for profile in profiles]
    sharing = sharing_keys(kind, set().union(*keys)) if keys else {}
    near = [{pk for key in own for pk in sharing.get(key, ())} for own in keys]
    seen = MODELS[kind].objects.visible_to(actor).live().filter(pk__in=set().union(*near) if near else ())
    records = {record.pk: record for record in seen}
    known = load_profiles(rules, list(records)) if records else {}
    found: list[str | None] = []
    for profile, candidates in zip(profiles, near, strict=True):
        judged = [(score(rules, profile, known[pk]).points, pk) for pk in candidates if pk in known]
        best = max(judged, default=(0, None))
        found.append(records[best[1]].name if best[1] is not None and best[0] >= rules.possible else None)
    return found


def of_record(request: HttpRequest, record: Any) -> dict[str, Any]:
    """Return how many possible duplicates a record has, for the banner on its page (a record of `contacts.records`)."""
    if not record.paired:
        return {"pairs": 0}
    # Unordered, so that the record's own few pairs are looked up and not the whole queue walked in its order.
    found = list(pairs_of(request.actor, record).order_by()[: 5 * SHOWN])  # type: ignore[attr-defined]
    first = max(found, key=lambda pair: pair.score, default=None)
    if first is None:
        return {"pairs": 0}
    other = first.second_id if first.first_id == record.pk else first.first_id
    return {
        "pairs": len(found),
        "compare_url": reverse("contacts:duplicate_merge", args=[record.kind, record.pk, other]),
    }
