"""How much there is in a workspace that is built by SQL."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Numbers of records; `teams` have five people each. `star` is how many activities the busiest contact has."""

    contacts: int
    companies: int
    deals: int
    activities: int
    teams: int
    star: int = 2_000


SIZES = {
    "large": Size(contacts=100_000, companies=20_000, deals=20_000, activities=200_000, teams=8),
    "huge": Size(contacts=1_000_000, companies=200_000, deals=200_000, activities=2_000_000, teams=80),
}
# Names that the performance suite looks for: one hardly anybody has, one that thousands have, one of every fifteenth.
RARE_NAME, MEDIUM_NAME, COMMON_NAME = "Quillfeather", "Vandermeer", "Andersson"
RARE, MEDIUM = 60, 4_000
STAR_NAME = ("Constance", "Evergreen")
