"""Invented companies: those that the sample workspace tells of by name, and the parts of which further names are made."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Firm:
    """A company of the sample workspace; `parent` is the name of the company that it belongs to."""

    name: str
    domain: str
    industry: str
    people: int
    place: str
    city: str
    parent: str = ""


def _firms(text: str) -> tuple[Firm, ...]:
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return tuple(Firm(n, f"{d}.example", i, int(p), c, city, parent) for n, d, i, p, c, city, parent in rows)


FIRMS = _firms("""
    Kestrel Freight | kestrelfreight | Logistics | 420 | DK | Odense |
    Aldgate Rail | aldgaterail | Transport | 2600 | GB | London |
    Nordhavn Ferries | nordhavnferries | Transport | 890 | DK | Copenhagen |
    Cask & Barrel | caskandbarrel | Food and drink | 140 | GB | Bristol |
    Hotel Amara | hotelamara | Hospitality | 310 | PT | Lisbon |
    Fenwick Grocers | fenwickgrocers | Retail | 5400 | GB | Leeds |
    Tartu Campus Services | tartucampus | Education | 780 | EE | Tartu |
    Medina Clinics | medinaclinics | Health care | 650 | ES | Seville |
    Parcel Union | parcelunion | Logistics | 1900 | NL | Rotterdam |
    Águas do Tejo | aguasdotejo | Utilities | 1200 | PT | Lisbon |
    Halden Cloud | haldencloud | Technology | 95 | NO | Oslo |
    Quayside Homes | quaysidehomes | Property | 220 | GB | Cardiff |
    Atlas Logistics | atlaslogistics | Logistics | 3100 | NL | Rotterdam |
    Corvid Steel | corvidsteel | Manufacturing | 1450 | GB | Sheffield |
    City of Aarhus, Schools | aarhusschools | Public sector | 2300 | DK | Aarhus |
    Atlas Cold Storage | atlascold | Logistics | 260 | US | Portland | Atlas Logistics
    Fenwick Bakeries | fenwickbakeries | Food and drink | 180 | GB | Leeds | Fenwick Grocers
    Lumen Dairy | lumendairy | Food and drink | 330 | NL | Groningen |
    Brückner Papier | bruecknerpapier | Manufacturing | 540 | DE | Kassel |
    Hafenlicht Theater | hafenlicht | Culture | 75 | DE | Hamburg |
    Nordwind Kliniken | nordwindkliniken | Health care | 2900 | DE | Bremen |
    Maison Corail | maisoncorail | Hospitality | 120 | FR | Nantes |
    Ateliers Besson | ateliersbesson | Manufacturing | 260 | FR | Grenoble |
    Vert Marché | vertmarche | Retail | 870 | FR | Lyon |
    Polder Glass | polderglass | Agriculture | 210 | NL | Delft |
    Öresund Data | oresunddata | Technology | 60 | SE | Malmö |
    Storskog Timber | storskogtimber | Manufacturing | 390 | SE | Örebro |
    Fjordline Seafood | fjordlineseafood | Food and drink | 460 | NO | Bergen |
    Tromsø Arctic Lodge | arcticlodge | Hospitality | 48 | NO | Tromsø |
    Skov Furniture | skovfurniture | Manufacturing | 150 | DK | Aalborg |
    Pärnu Spa Group | parnuspa | Hospitality | 190 | EE | Pärnu |
    Puerto Norte Terminals | puertonorte | Logistics | 980 | ES | Bilbao |
    Olivar Sierra | olivarsierra | Agriculture | 85 | ES | Zaragoza |
    Cortiça Real | corticareal | Manufacturing | 170 | PT | Braga |
    Tessitura Bellini | tessiturabellini | Manufacturing | 230 | IT | Verona |
    Pastificio Sant'Elmo | santelmo | Food and drink | 110 | IT | Bologna |
    Liguria Shipyards | liguriashipyards | Manufacturing | 1250 | IT | Genoa |
    Bałtyk Chłodnie | baltykchlodnie | Logistics | 340 | PL | Gdańsk |
    Wisła Printworks | wislaprint | Manufacturing | 95 | PL | Kraków |
    Anadolu Seramik | anadoluseramik | Manufacturing | 720 | TR | Bursa |
    Ege Olive Oil | egeolive | Food and drink | 130 | TR | Izmir |
    Sahyadri Textiles | sahyadritextiles | Manufacturing | 1600 | IN | Pune |
    Lakeview Hospitals | lakeviewhospitals | Health care | 2100 | IN | Chennai |
    Minato Precision | minatoprecision | Manufacturing | 410 | JP | Yokohama |
    Sapporo Snow Brewing | snowbrewing | Food and drink | 88 | JP | Sapporo |
    Paraná Paper | paranapaper | Manufacturing | 640 | BR | Curitiba |
    Recife Port Services | recifeport | Logistics | 280 | BR | Recife |
    Table Bay Cold Chain | tablebaycold | Logistics | 160 | ZA | Cape Town |
    Karoo Wind Farms | karoowind | Utilities | 70 | ZA | Gqeberha |
    Harbor Point Hotels | harborpoint | Hospitality | 940 | US | Boston |
    Juniper Ridge Schools | juniperridge | Education | 1100 | US | Denver |
    Millrace Brewing | millracebrewing | Food and drink | 65 | US | Milwaukee |
    Sonora Cold Storage | sonoracold | Logistics | 150 | US | Tucson |
    Piedmont Medical | piedmontmedical | Health care | 3700 | US | Raleigh |
    Bluebonnet Data Centers | bluebonnetdata | Technology | 240 | US | Austin |
    Cascade Aluminum | cascadealuminum | Manufacturing | 830 | US | Spokane |
    Greenbank Dairies | greenbankdairies | Food and drink | 290 | GB | Exeter |
    Clyde Marine Works | clydemarine | Manufacturing | 510 | GB | Glasgow |
    Norwich Museums | norwichmuseums | Culture | 130 | GB | Norwich |
    Penrose Property | penroseproperty | Property | 45 | GB | Bristol |
""")
# For the large workspace: 60 x 40 x the cities give more names than it has companies.
FIRST_PARTS = tuple(
    [
        "Alder",
        "Amber",
        "Anchor",
        "Aspen",
        "Aurora",
        "Beacon",
        "Birch",
        "Bramble",
        "Bridge",
        "Cedar",
        "Cinder",
        "Clover",
        "Cobalt",
        "Copper",
        "Coral",
        "Crescent",
        "Delta",
        "Dune",
        "Ember",
        "Fern",
        "Fjord",
        "Flint",
        "Garnet",
        "Glen",
        "Granite",
        "Harbour",
        "Hazel",
        "Heron",
        "Indigo",
        "Iron",
        "Ivory",
        "Juniper",
        "Lark",
        "Laurel",
        "Lumen",
        "Maple",
        "Marble",
        "Meadow",
        "Meridian",
        "Mill",
        "Nimbus",
        "North",
        "Oak",
        "Onyx",
        "Opal",
        "Orchard",
        "Otter",
        "Pebble",
        "Pine",
        "Quartz",
        "Raven",
        "Ridge",
        "River",
        "Saffron",
        "Slate",
        "Sparrow",
        "Summit",
        "Tide",
        "Willow",
        "Zephyr",
    ]
)
SECOND_PARTS = tuple(
    [
        "Logistics",
        "Foods",
        "Hotels",
        "Clinics",
        "Textiles",
        "Timber",
        "Paper",
        "Glass",
        "Steel",
        "Ceramics",
        "Energy",
        "Water",
        "Rail",
        "Ferries",
        "Freight",
        "Storage",
        "Farms",
        "Dairies",
        "Bakeries",
        "Brewing",
        "Markets",
        "Schools",
        "Studios",
        "Systems",
        "Networks",
        "Instruments",
        "Motors",
        "Shipyards",
        "Chemicals",
        "Plastics",
        "Printing",
        "Packaging",
        "Furniture",
        "Homes",
        "Estates",
        "Museums",
        "Laboratories",
        "Airports",
        "Vineyards",
        "Mills",
    ]
)
INDUSTRIES = (
    "Logistics",
    "Retail",
    "Manufacturing",
    "Health care",
    "Hospitality",
    "Food and drink",
    "Utilities",
    "Technology",
    "Property",
    "Education",
    "Public sector",
    "Agriculture",
)
SOURCES = ("Web form", "Referral", "Trade fair", "Cold call", "Partner", "Newsletter", "Webinar", "Existing customer")
TAGS = ("key account", "pilot", "multi-site", "grant funded", "framework contract", "reference", "newsletter", "tender")
