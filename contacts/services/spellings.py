"""Other ways in which people write a name: in one piece ("McDonald" for "Mc Donald", "OBrien"), or last name first.

They stand in the search text besides the name itself. The SQL says the same as the Python, for whole tables.
"""

import re
from collections.abc import Iterator

SIGNS = re.compile(r"[\W_]+")
# A company's name is written in one piece if it has signs or a word as short as "Mc" in it.
JOINED = re.compile(r"[^\w ]|_|(^| )\w{1,3} ")
# Scripts that put the last name first and leave no space.
EAST_ASIAN = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")

CONTACT_SQL = """
    CASE WHEN p.first_name ~ '[^[:alnum:]]' THEN regexp_replace(p.first_name, '[^[:alnum:]]+', '', 'g') END,
    CASE WHEN p.last_name ~ '[^[:alnum:]]' THEN regexp_replace(p.last_name, '[^[:alnum:]]+', '', 'g') END,
    CASE WHEN p.first_name <> '' AND p.last_name <> ''
        AND p.first_name || p.last_name ~ '[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]'
        THEN p.last_name || p.first_name || ' ' || p.first_name || p.last_name END
"""
COMPANY_SQL = """
    CASE WHEN p.name ~ '[^[:alnum:] ]|(^| )[[:alnum:]]{1,3} ' THEN regexp_replace(p.name, '[^[:alnum:]]+', '', 'g') END
"""


def of_person(first: str, last: str) -> Iterator[str]:
    """Yield other spellings of a person's name."""
    yield from (SIGNS.sub("", name) for name in (first, last) if SIGNS.search(name))
    if first and last and EAST_ASIAN.search(first + last):
        yield f"{last}{first} {first}{last}"


def of_company(name: str) -> Iterator[str]:
    """Yield other spellings of a company's name."""
    if JOINED.search(name):
        yield SIGNS.sub("", name)
