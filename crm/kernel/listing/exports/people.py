"""Colleagues as a file, for the import of people (U1)."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.kernel.core.changes import Actor
from crm.kernel.users.models import User

from .registry import Cell, Exporter


class PeopleExporter(Exporter):
    """Names, addresses, teams and roles; no passwords."""

    kind = "user"
    importer = "people"
    label = _("People")
    model = User
    cells = (
        Cell("external_id", ("pk",), lambda row: str(row["pk"])),
        Cell("name", ("name",)),
        Cell("email", ("email",)),
        Cell("team", ("team__name",)),
        Cell("role", ("role__name",)),
    )

    def rows(self, actor: Actor) -> Any:
        """Return everybody: colleagues are known to each other."""
        return User.objects.order_by("pk")
