"""Who works at Brightwater: teams, people, and how each of them sells."""

from dataclasses import dataclass

from .clock import SPAN_DAYS

PEOPLE_DOMAIN = "demo.test"
OFFICE, EAST, WEST = "Sales", "East", "West"


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person of the sample workspace. `wins` is the share of decided deals that they win, `pace` how quick they are.

    `joined` is how many days ago they came. A person with `login` False has left and only owns what is closed.
    """

    key: str
    name: str
    role: str
    team: str | None
    timezone: str
    wins: float = 0.4
    pace: float = 1.0
    joined: int = SPAN_DAYS
    login: bool = True

    @property
    def email(self) -> str:
        """The address they log in with."""
        return f"{self.key}@{PEOPLE_DOMAIN}"

    @property
    def sells(self) -> bool:
        """True for those who own deals."""
        return self.team in (EAST, WEST)


COLLEAGUES = (
    Colleague("admin", "Dana Whitlock", "admin", OFFICE, "Europe/London"),
    Colleague("manager.east", "Ingrid Solberg", "manager", EAST, "Europe/Oslo", wins=0.52, pace=0.9),
    Colleague("rep.east", "Priya Raman", "rep", EAST, "Europe/London", wins=0.5, pace=0.85),
    Colleague("marcus.okafor", "Marcus Okafor", "rep", EAST, "Europe/London", wins=0.42),
    Colleague("tomas.vega", "Tomás Vega", "rep", EAST, "Europe/Madrid", wins=0.29, pace=1.3),
    Colleague("kenji.abe", "Kenji Abe", "rep", EAST, "Europe/London", wins=0.38, joined=430),
    Colleague("dilys.wynn", "Dilys Wynn", "rep", EAST, "Europe/Lisbon", wins=0.46, joined=560),
    Colleague("manager.west", "Samuel Adeyemi", "manager", WEST, "America/New_York", wins=0.5),
    Colleague("rep.west", "Elif Demir", "rep", WEST, "America/New_York", wins=0.44, pace=0.95),
    Colleague("luca.moretti", "Luca Moretti", "rep", WEST, "America/Chicago", wins=0.36, pace=1.2),
    Colleague("hannah.weiss", "Hannah Weiss", "rep", WEST, "America/Denver", wins=0.41),
    Colleague("oskar.lindgren", "Oskar Lindgren", "rep", WEST, "America/New_York", wins=0.33, login=False),
    Colleague("viewer", "Ruth Caldwell", "viewer", None, "Europe/London"),
)
SAMPLE_LOGINS = ("admin", "manager.east", "rep.east", "rep.west", "viewer")
BY_KEY = {c.key: c for c in COLLEAGUES}
# Oskar left this many days ago; his open work had gone to others before.
OSKAR_LEFT = 240
MANAGERS = {OFFICE: "admin", EAST: "manager.east", WEST: "manager.west"}
