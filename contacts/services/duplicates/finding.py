"""Comparing records that were written: keys renewed, candidates looked up, pairs stored or dropped.

Set-based: the worker takes what waits (`check_waiting`), the scan takes everything, both end in `store_pairs`.
"""

import json
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from contacts.models import Company, Contact, Dismissal, DuplicateCheck, DuplicateKey, DuplicatePair
from crm.kernel.core.bulk import copy_rows
from crm.kernel.core.ids import uuid7

from .keys import MOST, keys_of
from .profiles import Profile, load_profiles
from .rules import Rules, ordered, rules_for
from .scoring import Score, score

log = logging.getLogger(__name__)
BATCH = 200
MODELS: dict[str, type[Any]] = {"contact": Contact, "company": Company}
Pair = tuple[UUID, UUID]

# A key that too many records share is passed over: whoever is alike by it alone is alike to everybody.
SHARING = """
SELECT k.key, k.record_id FROM contacts_duplicatekey k
JOIN (
    SELECT o.key FROM contacts_duplicatekey o
    WHERE o.record_kind = %(kind)s AND o.key = ANY(%(keys)s) GROUP BY o.key HAVING count(*) <= %(most)s
) few ON few.key = k.key
WHERE k.record_kind = %(kind)s
"""
UPSERT = """
INSERT INTO contacts_duplicatepair (id, record_kind, first_id, second_id, score, reasons, found_at)
SELECT * FROM unnest(%s::uuid[], %s::text[], %s::uuid[], %s::uuid[], %s::smallint[], %s::jsonb[], %s::timestamptz[])
ON CONFLICT (first_id, second_id) DO UPDATE
SET score = EXCLUDED.score, reasons = EXCLUDED.reasons, found_at = EXCLUDED.found_at
"""


def enqueue(kind: str, ids: Iterable[UUID]) -> None:
    """Note in the open transaction that records were written; a worker compares them after the commit."""
    rows = [{"record_kind": kind, "record_id": pk} for pk in dict.fromkeys(ids)]
    if len(rows) > 100:
        copy_rows(DuplicateCheck, rows)
    else:
        DuplicateCheck.objects.bulk_create(DuplicateCheck(**row) for row in rows)


def check_waiting(limit: int = 20_000) -> int:
    """Compare the records that wait, batch by batch, and return how many there were.

    What is taken is removed in the transaction that stores its pairs. A batch that fails is tried record by record, and
    a record that fails is left to the next scan, with the error in the log: it must not keep all others waiting.
    """
    done = 0
    while done < limit:
        try:
            taken = _check_batch(BATCH)
        except (DatabaseError, ValueError, TypeError, KeyError):
            log.exception("comparing records failed, now one by one")
            taken = _check_singly()
        if not taken:
            break
        done += taken
    return done


def _check_batch(most: int) -> int:
    with transaction.atomic():
        waiting = list(DuplicateCheck.objects.select_for_update(skip_locked=True).order_by("pk")[:most])
        DuplicateCheck.objects.filter(pk__in=[each.pk for each in waiting]).delete()
        for kind in MODELS:
            ids = {each.record_id for each in waiting if each.record_kind == kind}
            if ids:
                compare_records(kind, ids)
    return len(waiting)


def _check_singly() -> int:
    waiting = list(DuplicateCheck.objects.order_by("pk")[:BATCH])
    for each in waiting:
        try:
            with transaction.atomic():
                compare_records(each.record_kind, [each.record_id])
        except (DatabaseError, ValueError, TypeError, KeyError):
            log.exception("comparing %s failed", each)
        each.delete()
    return len(waiting)


def compare_records(kind: str, ids: Collection[UUID]) -> int:
    """Renew the keys of these records, compare them with all that share one, and return the number of pairs."""
    rules = rules_for(kind)
    profiles = load_profiles(rules, ids)
    keys = renew_keys(rules, profiles, ids)
    found = judge(rules, _candidates(kind, keys), profiles)
    touched = Q(first_id__in=list(ids)) | Q(second_id__in=list(ids))
    stale = DuplicatePair.objects.filter(touched, record_kind=kind)
    for pair in stale.only("pk", "first_id", "second_id"):
        if (pair.first_id, pair.second_id) not in found:
            pair.delete()
    store_pairs(kind, found)
    return len(found)


def renew_keys(rules: Rules, profiles: Mapping[UUID, Profile], ids: Collection[UUID]) -> dict[UUID, set[int]]:
    """Store the keys of records anew and return them; who is gone has none."""
    DuplicateKey.objects.filter(record_id__in=list(ids)).delete()
    keys = {pk: keys_of(rules, profile) for pk, profile in profiles.items()}
    rows = [{"record_kind": rules.kind, "key": key, "record_id": pk} for pk, own in keys.items() for key in own]
    copy_rows(DuplicateKey, rows)
    return keys


def _candidates(kind: str, keys: Mapping[UUID, set[int]]) -> set[Pair]:
    """Return the pairs of these records with all that share a key with them."""
    sharing = sharing_keys(kind, set().union(*keys.values()))
    return {
        ordered(pk, other) for pk, own in keys.items() for key in own for other in sharing.get(key, ()) if other != pk
    }


def sharing_keys(kind: str, keys: Collection[int]) -> dict[int, list[UUID]]:
    """Return the records under each of these keys, without keys that too many share."""
    found: dict[int, list[UUID]] = {}
    with connection.cursor() as cursor:
        cursor.execute(SHARING, {"kind": kind, "keys": list(keys), "most": MOST})
        for key, pk in cursor.fetchall():
            found.setdefault(key, []).append(pk)
    return found


def judge(rules: Rules, pairs: Collection[Pair], known: Mapping[UUID, Profile] | None = None) -> dict[Pair, Score]:
    """Return the score of each pair that may be one: both live, likely enough, and nobody has said that they are not."""
    profiles = dict(known or {})
    missing = {pk for pair in pairs for pk in pair} - profiles.keys()
    if missing:
        profiles |= load_profiles(rules, missing)
    found: dict[Pair, Score] = {}
    for pair in pairs:
        one, other = profiles.get(pair[0]), profiles.get(pair[1])
        if one is not None and other is not None:
            judged = score(rules, one, other)
            if judged.points >= rules.possible:
                found[pair] = judged
    for pair in dismissed(found):
        del found[pair]
    return found


def dismissed(pairs: Collection[Pair]) -> set[Pair]:
    """Return those of these pairs of which somebody has said that they are not one."""
    firsts = {first for first, _second in pairs}
    rows = Dismissal.objects.filter(first_id__in=firsts).values_list("first_id", "second_id") if firsts else ()
    return set(rows) & set(pairs)


def store_pairs(kind: str, found: Mapping[Pair, Score]) -> None:
    """Insert pairs, or renew score and reasons of known ones, in the order of their ids: two workers never deadlock."""
    if not found:
        return
    now = timezone.now()
    rows: Sequence[tuple[Pair, Score]] = sorted(found.items())
    reasons = [_json(judged) for _pair, judged in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            UPSERT,
            [
                [uuid7() for _each in rows],
                [kind] * len(rows),
                [pair[0] for pair, _judged in rows],
                [pair[1] for pair, _judged in rows],
                [judged.points for _pair, judged in rows],
                reasons,
                [now] * len(rows),
            ],
        )


def _json(judged: Score) -> str:
    return json.dumps([{"field": name, "how": how} for name, how in judged.reasons])
