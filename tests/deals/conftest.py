"""What the tests of deals share: the first pipeline, a company with two people, and a deal of `rep`."""

from decimal import Decimal

import pytest

from contacts.models import Company, Contact
from crm.kernel.core.changes import Actor, changeset
from deals.models import LostReason, Pipeline, Stage
from deals.services import create_deal


@pytest.fixture
def pipeline(workspace) -> Pipeline:
    """The first pipeline: Qualified, Discovery, Proposal, Negotiation, won, lost."""
    return Pipeline.objects.get()


@pytest.fixture
def stages(pipeline) -> list[Stage]:
    """Its stages in order; the last two are won and lost."""
    return list(pipeline.stages.order_by("position"))


@pytest.fixture
def won(stages) -> Stage:
    """The stage of won deals."""
    return stages[-2]


@pytest.fixture
def lost(stages) -> Stage:
    """The stage of lost deals."""
    return stages[-1]


@pytest.fixture
def reason(pipeline) -> LostReason:
    """A reason for a loss."""
    return LostReason.objects.get(name="Price")


@pytest.fixture
def company(rep) -> Company:
    """A company of `rep`."""
    with changeset(Actor.system("test data"), "test.company"):
        return Company.objects.create(name="Atlas Logistics", owner=rep)


@pytest.fixture
def contact(rep, company) -> Contact:
    """A lead of `rep` at the company."""
    with changeset(Actor.system("test data"), "test.contact"):
        return Contact.objects.create(first_name="Lena", last_name="Fischer", owner=rep, company=company)


@pytest.fixture
def colleague(rep, company) -> Contact:
    """Another lead of `rep` at the same company."""
    with changeset(Actor.system("test data"), "test.contact"):
        return Contact.objects.create(first_name="Jonas", last_name="Weber", owner=rep, company=company)


@pytest.fixture
def as_rep(rep) -> Actor:
    """`rep`, acting."""
    return Actor.of(rep)


@pytest.fixture
def deal(as_rep, rep, pipeline, company):
    """An open deal of `rep` in the first stage."""
    return create_deal(actor=as_rep, title="Atlas rollout", owner=rep, amount=Decimal(148_000), company=company)
