"""Words in the form in which they are compared: without case, accents and punctuation, nicknames as the full name."""

import re
import unicodedata
from functools import lru_cache

TITLES_WORDS = "mr mrs ms miss dr prof sir herr frau"
TITLES = frozenset(TITLES_WORDS.split())
# Letters that are no letter with an accent.
LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}
)
NICKNAMES: dict[str, str] = {
    nick: full
    for full, nicks in {
        "alexander": "alex sandy sasha", "andrew": "andy drew", "anthony": "tony", "barbara": "barb babs",
        "benjamin": "ben benny", "catherine": "kate katie cathy kathy katherine kathryn", "charles": "charlie chuck",
        "christina": "tina chrissy kristina", "christopher": "chris kit", "daniel": "dan danny", "david": "dave",
        "deborah": "deb debbie debra", "edward": "ed eddie ted teddy", "elizabeth": "liz lizzie beth betty eliza",
        "frederick": "fred freddy", "gregory": "greg", "james": "jim jimmy jamie", "jennifer": "jen jenny",
        "jessica": "jess jessie", "john": "jack johnny jon", "jonathan": "jonny", "joseph": "joe joey",
        "joshua": "josh", "kenneth": "ken kenny", "lawrence": "larry laurence", "margaret": "maggie meg peggy",
        "matthew": "matt", "michael": "mike mick mikey", "nicholas": "nick nicolas", "patricia": "pat patty trish",
        "patrick": "paddy", "peter": "pete", "philip": "phil phillip", "rebecca": "becky becca", "richard": "rick dick rich",
        "robert": "bob bobby rob robbie bert", "ronald": "ron ronnie", "samuel": "sam sammy", "samantha": "sammie",
        "stephen": "steve steven", "susan": "sue susie suzanne", "theodore": "theo", "thomas": "tom tommy",
        "timothy": "tim", "victoria": "vicky tori", "william": "bill billy will willy", "zachary": "zach zack",
        "johannes": "hannes", "friedrich": "fritz", "maximilian": "max", "franziska": "franzi",
    }.items()
    for nick in nicks.split()
}  # fmt: skip
LEGAL_WORDS = (
    "ltd limited llc inc incorporated corp corporation co company plc gmbh ag kg ohg ug mbh se sa sas sarl srl "
    "spa bv nv ab as asa aps oy oyj kft sro zoo pty pte group holding the"
)
LEGAL = frozenset(LEGAL_WORDS.split())
FREE_MAIL_WORDS = (
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com icloud.com me.com "
    "mac.com aol.com gmx.de gmx.net gmx.at web.de t-online.de mail.com mail.ru yandex.ru proton.me "
    "protonmail.com pm.me orange.fr free.fr wanadoo.fr laposte.net libero.it qq.com 163.com 126.com naver.com "
    "hey.com fastmail.com"
)
FREE_MAIL = frozenset(FREE_MAIL_WORDS.split())
_gap = re.compile(r"[^0-9a-z\u0370-\uffff]+")


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """Return words in small letters, without accents, divided by single spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    return _gap.sub(" ", "".join(c for c in plain if not unicodedata.combining(c)).replace("'", "")).strip()


def name_words(text: str) -> tuple[str, ...]:
    """Return the words of a person's name without titles; nicknames as they are."""
    words = fold(text).split()
    return tuple(w for w in words if w not in TITLES) or tuple(words)


def full_name(word: str) -> str:
    """Return the name that a nickname stands for."""
    return NICKNAMES.get(word, word)


def firm_words(text: str) -> str:
    """Return a company's name without what says only that it is a company."""
    joined = re.sub(r"(?<=\b\w)[./&](?=\w\b)", "", text.casefold())  # A/S, S.A., a.s.
    words = [w for w in fold(joined).split() if w not in LEGAL]
    return " ".join(words) or fold(text)


def mailbox(address: str) -> str:
    """Return the mailbox that an address leads to: without a +tag, at Gmail without dots."""
    local, _at, domain = address.casefold().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in ("gmail.com", "googlemail.com"):
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def own_domain(address: str) -> str:
    """Return the domain of an address, "" for one that everybody may have."""
    domain = address.casefold().rpartition("@")[2]
    return "" if domain in FREE_MAIL else domain


@lru_cache(maxsize=65_536)
def sound(word: str) -> str:
    """Return how a word begins to sound, three letters: what typing errors and spellings seldom change."""
    word = full_name(word)
    for pattern, plain in (("ph", "f"), ("ch", "k"), ("ck", "k"), ("sch", "s"), ("qu", "kv"), ("th", "t")):
        word = word.replace(pattern, plain)
    word = word.translate(str.maketrans("cqzywj", "kksivi"))
    return re.sub(r"(.)\1+", r"\1", word)[:3]
