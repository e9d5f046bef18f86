"""Views and lists of the sample workspace: shared by those who made them, and pinned by those who log in."""

from urllib.parse import quote

from django.http import QueryDict

from contacts.models import Contact
from crm.kernel.core.changes import Actor
from crm.kernel.listing.saved.members import create_list
from crm.kernel.listing.saved.services import create_view, prefer
from crm.kernel.users.models import User

NORDIC = ("Denmark", "Norway", "Sweden")
NEWSLETTER = quote('["all",["cf_newsletter","yes"]]')
EVERYONE = {"shared": "everybody"}
# Name, whose it is, list, and what it asks.
VIEWS = (
    ("Closing this month", "manager.east", "deals", "status=open&closes=this-month"),
    ("Gone quiet", "manager.east", "deals", "status=open&quiet=1"),
    ("Large and without a next step", "rep.east", "deals", "status=open&no_next=1&sort=amount"),
    ("Newsletter readers", "rep.east", "contacts", f"where={NEWSLETTER}"),
)
PINNED = ("Closing this month", "Gone quiet")


def add_views(people: dict[str, User]) -> None:
    """Keep the views and make the list, as their owners did."""
    for name, owner, list_key, query in VIEWS:
        view = create_view(
            list_key=list_key, query=QueryDict(query).urlencode(), layout={}, values={"name": name, **EVERYONE},
            actor=Actor.of(people[owner]),
        )  # fmt: skip
        if name in PINNED:
            for person in people.values():
                prefer(user=person, list_key=list_key, view=str(view.pk), pinned=True)
    rep = Actor.of(people["rep.east"])
    nordic = Contact.objects.visible_to(rep).live().filter(country__in=NORDIC, lifecycle="customer")
    create_list(record_kind="contact", values={"name": "Nordic user group", **EVERYONE}, rows=nordic, actor=rep)
