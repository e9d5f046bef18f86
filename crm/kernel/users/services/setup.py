"""The first start of an installation: the workspace and its first admin (U6)."""

from django.db import connection
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from crm.kernel.users.models import Role, User
from crm.kernel.workspace.models import Workspace

_answer = {"installed": False}


def installed() -> bool:
    """Say whether somebody can log in here. Asks the database until the answer is yes: it never becomes no again."""
    if not _answer["installed"]:
        _answer["installed"] = User.objects.active().exists()
    return _answer["installed"]


def forget_installed() -> None:
    """Ask the database again (tests)."""
    _answer["installed"] = False


@command("users.set_up")
def set_up(
    *, workspace: str, base_currency: str, timezone: str, name: str, email: str, password: str, actor: Actor
) -> User:
    """Name the workspace and add its first admin (U6). Refused once somebody can log in: anybody can open the page."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('crm.setup'))")
    if User.objects.active().exists():
        raise Refused(_("This installation is set up already."))
    company = Workspace.objects.first() or Workspace()
    company.name, company.base_currency, company.timezone = workspace, base_currency, timezone
    company.save()
    Workspace.forget()
    person = User.objects.filter(email=email.lower()).first() or User(email=email)
    person.name, person.timezone, person.state = name, timezone, User.State.ACTIVE
    person.role = Role.objects.get(key="admin")
    person.set_password(password)
    person.save()
    return person
