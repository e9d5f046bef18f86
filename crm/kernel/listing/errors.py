"""What a list cannot make sense of in its address."""

from django.utils.translation import gettext as _


class BadQuery(Exception):
    """The address names a filter, a sort or a value that the list does not have.

    `name` is the parameter (a 400 page); `words` say what is wrong where the usual ones do not, `back` what the link
    without the parameter is called. `rest` is what the parameter may keep: the conditions and orders that make sense.
    """

    def __init__(self, name: str, value: str = "", words: str = "", back: str = "", rest: str = "") -> None:
        super().__init__(name)
        self.name = name
        self.value = value
        self.words = words
        self.back = back
        self.rest = rest

    @property
    def message(self) -> str:
        """What is wrong, for the person."""
        if self.words:
            return self.words
        if self.value:
            return _("This list does not know “%(value)s” for “%(name)s”.") % {
                "value": self.value[:80],
                "name": self.name[:80],
            }
        return _("This list has no filter “%(name)s”.") % {"name": self.name[:80]}
