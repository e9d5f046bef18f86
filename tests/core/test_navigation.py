"""Menus: entries in their order, those of a group together."""

from crm.kernel.core.navigation import Menu, NavItem


def test_entries_of_a_group_stand_together_whatever_their_order():
    menu = Menu()
    for key, group, order in (("people", "Work", 1), ("mail", "Mail", 3), ("targets", "Work", 4), ("own", "", 2)):
        menu.register(NavItem(key, key, "core:nav_counts", "x", order=order, group=group))
    assert [item.key for item in menu.for_user(None)] == ["people", "targets", "own", "mail"]
