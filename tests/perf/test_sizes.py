"""How many bytes pages, styles and scripts weigh."""

import datetime as dt
import gzip
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from contacts.services import create_companies
from crm.kernel.core.changes import Actor, changeset, dated_back
from crm.kernel.users.models import User
from crm.kernel.workspace.models import Workspace
from deals.models import Pipeline
from deals.services import create_deals
from deals.services.creation import NewDeal

BOARD_BYTES = 200_000
LIST_BYTES = 120_000
STYLE_BYTES = 20_000  # gzip
SCRIPT_BYTES = 33_500  # of all pages together: no page loads all of them


@pytest.mark.django_db
def test_a_board_of_six_full_columns_weighs_at_most_200_kb(client_of, admin: User, pipeline: Pipeline):
    """Five open stages and the one of won deals, fifty cards each, with titles and companies of usual length."""
    actor = Actor.of(admin)
    with changeset(Actor.system("test data"), "test.stages"):
        pipeline.stages.create(name="Demo", probability=40, position=9)
    companies = create_companies(rows=[{"name": f"Amber Laboratories Gothenburg {n}"} for n in range(60)], actor=actor)
    now = Workspace.current().today()
    for stage in [*pipeline.stages.open(), pipeline.stages.get(kind_of="won")]:
        closed = {} if stage.is_open else {"closed_on": now}
        rows = [
            NewDeal(
                title=f"Site monitoring, remote stations {n}", owner=admin, stage=stage, amount=12_300 + n,
                company=companies[n], expected_close=now, **closed,
            )
            for n in range(55)
        ]  # fmt: skip
        with dated_back(timezone.now() - dt.timedelta(days=2 if stage.is_open else 0)):
            create_deals(rows=rows, actor=actor)
    client: Client = client_of(admin)
    page = client.get("/deals/board/").content
    assert page.count(b'class="deal-card"') == 300
    assert len(page) <= BOARD_BYTES, f"{len(page):,} bytes"
    past = client.get(f"/deals/board/?as_of={now - dt.timedelta(days=1)}").content
    cards = past.count(b'class="deal-card"')
    assert cards >= 250 and len(past) * 300 <= BOARD_BYTES * cards, f"{cards} cards, {len(past):,} bytes"


@pytest.mark.django_db
def test_a_list_of_fifty_contacts_weighs_at_most_120_kb(client_of, desk_of):
    desk = desk_of(60)
    page = client_of(desk.rep).get("/contacts/").content
    assert len(page) <= LIST_BYTES, f"{len(page):,} bytes"


def packed(pattern: str) -> int:
    """Return how many bytes our own files weigh as they are sent."""
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in Path(settings.BASE_DIR, "static").glob(pattern))


def test_styles_weigh_at_most_20_kb():
    assert 0 < packed("css/design.css") <= STYLE_BYTES


def test_our_own_scripts_weigh_at_most_33_kb():
    assert 0 < packed("js/*.js") <= SCRIPT_BYTES
