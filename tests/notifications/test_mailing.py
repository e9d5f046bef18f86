"""Notifications by mail: at once outside of quiet hours, and one digest a day in the person's morning, in any zone and season."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from activities.mail.models import OutgoingMail
from contacts.services import edit_contact
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.errors import Refused
from crm.kernel.notifications.models import Digest, Notification
from crm.kernel.notifications.services import Note, mark_read, notify
from crm.kernel.notifications.services.choices import choices_of, choose
from crm.kernel.notifications.services.mailing import send_due_digests, send_due_notices
from crm.kernel.notifications.times import next_morning, quiet_until
from crm.kernel.users.models import User
from tests.activities.conftest import as_rep, company, maya  # noqa: F401  the same people and records

UTC = dt.UTC
ZONES = ("Europe/London", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Auckland", "Pacific/Apia")


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=UTC)


def moments():
    """Any second of three years, a leap day among them."""
    return st.integers(0, 3 * 366 * 86_400).map(lambda seconds: at("2026-01-01") + dt.timedelta(seconds=seconds))


# When: pure ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "now", "morning"),
    [
        ("Europe/London", "2026-01-10T07:59", "2026-01-10T08:00"),
        ("Europe/London", "2026-01-10T08:00", "2026-01-11T08:00"),  # strictly after
        ("Europe/London", "2026-03-28T09:00", "2026-03-29T07:00"),  # the clocks go forward that night
        ("Europe/London", "2026-10-24T09:00", "2026-10-25T08:00"),  # and back
        ("America/New_York", "2026-03-07T14:00", "2026-03-08T12:00"),
        ("America/New_York", "2026-10-31T14:00", "2026-11-01T13:00"),
        ("Asia/Kolkata", "2026-06-01T02:29", "2026-06-01T02:30"),
        ("Asia/Kolkata", "2028-02-28T03:00", "2028-02-29T02:30"),  # leap day
        ("Pacific/Auckland", "2026-04-03T18:30", "2026-04-03T19:00"),
        ("Pacific/Auckland", "2026-04-03T19:30", "2026-04-04T20:00"),
        ("Pacific/Auckland", "2026-09-25T21:00", "2026-09-26T19:00"),
    ],
)
def test_the_next_morning_is_at_eight_where_the_person_is(zone, now, morning):
    assert next_morning(at(now), ZoneInfo(zone)) == at(morning)


@given(
    st.sampled_from(ZONES),
    moments(),
)  # fmt: skip
def test_following_mornings_come_once_a_day_and_always_at_eight(zone, now):
    here = ZoneInfo(zone)
    days = []
    for _day in range(10):
        now = next_morning(now, here)
        days.append(now.astimezone(here))
    assert {each.time() for each in days} == {dt.time(8)}
    assert [each.date() for each in days] == [days[0].date() + dt.timedelta(days=n) for n in range(10)]


@pytest.mark.parametrize(
    ("zone", "now", "starts", "ends", "working", "due"),
    [
        ("Europe/London", "2026-01-12T12:00", 20, 7, (), "2026-01-12T12:00"),
        ("Europe/London", "2026-01-12T21:00", 20, 7, (), "2026-01-13T07:00"),
        ("Europe/London", "2026-01-12T03:00", 20, 7, (), "2026-01-12T07:00"),
        ("Europe/London", "2026-03-28T23:00", 20, 7, (), "2026-03-29T06:00"),
        ("Europe/London", "2026-01-12T12:30", 12, 13, (), "2026-01-12T13:00"),
        ("America/New_York", "2026-11-01T03:00", 20, 7, (), "2026-11-01T12:00"),
        ("Pacific/Auckland", "2026-09-26T12:00", 20, 7, (), "2026-09-26T18:00"),
        # A Friday night leads over the weekend, and then over Monday's early hours.
        ("Europe/London", "2026-01-16T21:00", 20, 7, (1, 2, 3, 4, 5), "2026-01-19T07:00"),
        ("Europe/London", "2026-01-17T12:00", None, None, (1, 2, 3, 4, 5), "2026-01-19T00:00"),
        ("Asia/Kolkata", "2026-01-16T18:29", None, None, (1, 2, 3, 4, 5), "2026-01-16T18:29"),
        ("Asia/Kolkata", "2026-01-16T18:30", None, None, (1, 2, 3, 4, 5), "2026-01-18T18:30"),
    ],
)  # fmt: skip
def test_quiet_hours_end_when_they_end_there(zone, now, starts, ends, working, due):
    hours = {"starts": dt.time(starts), "ends": dt.time(ends)} if starts is not None else {}
    assert quiet_until(at(now), ZoneInfo(zone), working_days=working, **hours) == at(due)


@given(
    st.sampled_from(ZONES),
    moments(),
    st.times(), st.times(), st.booleans(),
)  # fmt: skip
def test_quiet_hours_always_end_and_their_end_is_not_quiet(zone, now, starts, ends, days_off):
    rules = {"starts": starts, "ends": ends, "working_days": (1, 2, 3, 4, 5) if days_off else ()}
    due = quiet_until(now, ZoneInfo(zone), **rules)
    assert now <= due <= now + dt.timedelta(days=5)
    assert quiet_until(due, ZoneInfo(zone), **rules) == due


# Told ----------------------------------------------------------------------------------------------------------------


def tell(person: User, topic: str = "mention", key: str = "k", **record) -> None:
    with changeset(Actor.system("test"), "test.notify"):
        notify([Note(user_id=person.pk, topic=topic, text=f"About {key}", key=key, **record)])


def prefer(person: User, by_mail: str, *, in_app: bool = True, topic: str = "mention", **hours) -> None:
    quiet = {"starts": None, "ends": None, "days_off": False, **hours}
    choose(choices={topic: (in_app, by_mail)}, actor=Actor.of(person), **quiet)


def mails(person: User) -> list[str]:
    return list(OutgoingMail.objects.filter(to_address=person.email).order_by("id").values_list("subject", flat=True))


def move(person: User, zone: str) -> User:
    with changeset(Actor.system("test"), "test.zone"):
        User.objects.filter(pk=person.pk).update(timezone=zone)
    return User.objects.select_related("role", "team").get(pk=person.pk)


@pytest.mark.parametrize(
    ("zone", "told", "morning"),
    [
        ("Europe/London", "2026-03-28T20:00", "2026-03-29T07:00"),
        ("America/New_York", "2026-10-31T20:00", "2026-11-01T13:00"),
        ("Asia/Kolkata", "2028-02-28T12:00", "2028-02-29T02:30"),
        ("Pacific/Auckland", "2026-09-26T05:00", "2026-09-26T19:00"),
    ],
)
def test_a_digest_comes_once_in_the_persons_morning(rep, zone, told, morning):
    person = move(rep, zone)
    with time_machine.travel(at(told), tick=False):
        tell(person, key="one")
        tell(person, key="two")
    minute = dt.timedelta(minutes=1)
    with time_machine.travel(at(morning) - minute, tick=False):
        assert send_due_digests() == 0
    for later in (0, 0, 1, 30, 600):
        with time_machine.travel(at(morning) + later * minute, tick=False):
            send_due_digests()
            tell(person, key=f"after {later}")
    assert mails(person) == ["2 notifications from Brightwater"]
    with time_machine.travel(at(morning) + dt.timedelta(days=1, hours=2), tick=False):
        assert send_due_digests() == 1
    text = OutgoingMail.objects.order_by("-id").first().text
    assert "About after 0" in text
    assert "About one" not in text


def test_what_was_read_or_is_hidden_by_now_is_not_in_the_digest_u3(rep, stranger, as_rep, maya):  # noqa: F811
    with time_machine.travel(at("2026-01-12T12:00"), tick=False):
        tell(rep, key="read")
        mark_read(actor=Actor.of(rep))
        tell(rep, key="mine", record_kind="contact", record_id=maya.pk)
    edit_contact(contact_id=maya.pk, values={"owner_id": stranger.pk}, actor=Actor.system("test"))
    with time_machine.travel(at("2026-01-13T08:01"), tick=False):
        send_due_digests()
    assert mails(rep) == []
    assert not Notification.objects.filter(by_mail="digest", mailed_at=None).exists()


def test_a_person_who_travels_gets_one_digest_a_day_at_eight_there(rep):
    person = move(rep, "Pacific/Auckland")
    with time_machine.travel(at("2026-01-11T20:00"), tick=False):  # Monday the 12th, 9:00 there
        tell(person, key="one")
    with time_machine.travel(at("2026-01-12T19:30"), tick=False):  # Tuesday, 8:30 there
        assert send_due_digests() == 1
        tell(person, key="two")
    person = move(person, "Pacific/Honolulu")  # where it is Monday again, 9:30
    with time_machine.travel(at("2026-01-13T19:01"), tick=False):  # due by the old zone: Tuesday, 9:01, which had one
        assert send_due_digests() == 0
    with time_machine.travel(at("2026-01-14T18:01"), tick=False):  # Wednesday, 8:01
        assert send_due_digests() == 1
    assert len(mails(person)) == 2


def test_a_digest_that_is_hours_late_waits_for_the_next_morning(rep):
    person = move(rep, "Europe/London")
    with time_machine.travel(at("2026-01-12T12:00"), tick=False):
        tell(person)
    with time_machine.travel(at("2026-01-13T23:00"), tick=False):  # the worker was down all day
        assert send_due_digests() == 0
    with time_machine.travel(at("2026-01-14T08:00"), tick=False):
        assert send_due_digests() == 1


def test_at_once_is_at_once_but_for_quiet_hours_after_which_all_come_as_one(rep):
    person = move(rep, "Europe/London")
    prefer(person, "at_once", starts=dt.time(20), ends=dt.time(7))
    with time_machine.travel(at("2026-01-12T12:00"), tick=False):
        tell(person, key="noon")
        assert send_due_notices() == 1
        assert send_due_notices() == 0
    assert mails(person) == ["About noon"]
    with time_machine.travel(at("2026-01-12T21:00"), tick=False):
        tell(person, key="night")
        tell(person, key="later")
        assert send_due_notices() == 0
    with time_machine.travel(at("2026-01-13T07:00"), tick=False):
        assert send_due_notices() == 1
    assert mails(person)[1:] == ["2 notifications from Brightwater"]
    mail = OutgoingMail.objects.order_by("-id").first()
    assert mail.contact is None
    assert "/settings/notifications/" in mail.text


def test_each_kind_is_told_as_one_has_chosen(rep):
    prefer(rep, "off", in_app=False)
    tell(rep, key="nothing")
    assert not Notification.objects.exists()
    prefer(rep, "at_once", in_app=False)
    tell(rep, key="mail alone")
    assert Notification.objects.visible_to(rep).in_app().count() == 0
    assert send_due_notices() == 1
    tell(rep, topic="deal_moved", key="bell alone")
    assert send_due_notices() == 0
    assert list(Notification.objects.in_app().values_list("topic", flat=True)) == ["deal_moved"]
    tell(rep, topic="never heard of", key="other")
    assert Notification.objects.in_app().count() == 2


def test_new_quiet_hours_hold_for_what_waits_already(rep):
    person = move(rep, "Europe/London")
    prefer(person, "at_once", starts=dt.time(20), ends=dt.time(7))
    with time_machine.travel(at("2026-01-12T21:00"), tick=False):
        tell(person)
        prefer(person, "at_once")
        assert send_due_notices() == 1


def test_who_cannot_sign_in_gets_no_mail(rep):
    with time_machine.travel(at("2026-01-12T12:00"), tick=False):
        tell(rep)
        with changeset(Actor.system("test"), "test.off"):
            User.objects.filter(pk=rep.pk).update(state="without_login")
        tell(rep, key="2")
    with time_machine.travel(at("2026-01-13T08:30"), tick=False):
        assert send_due_digests() == 0
    assert not OutgoingMail.objects.exists()
    assert not Digest.objects.filter(due_at__isnull=False).exists()


@pytest.mark.parametrize("bad", [{"no such": (True, "off")}, {"mention": (True, "by pigeon")}])
def test_what_there_is_not_is_refused(rep, bad):
    with pytest.raises(Refused):
        choose(choices=bad, starts=None, ends=None, days_off=False, actor=Actor.of(rep))


def test_the_page_shows_and_saves_what_one_has_chosen(client_of, rep):
    client = client_of(rep)
    page = client.get("/settings/notifications/")
    assert "Somebody mentions me" in page.content.decode()
    sent = {f"mail_{topic.key}": by_mail for topic, _app, by_mail in choices_of(Actor.of(rep))}
    one_end = client.post("/settings/notifications/", {**sent, "starts": "20:00"})
    assert one_end.status_code == 422
    assert "Give both times" in one_end.content.decode()
    saved = {**sent, "mail_mention": "at_once", "app_reminder": "on", "starts": "20:00", "ends": "07:00"}
    assert client.post("/settings/notifications/", saved).status_code == 302
    chosen = {topic.key: (app, by_mail) for topic, app, by_mail in choices_of(Actor.of(rep))}
    assert chosen["mention"] == (False, "at_once")
    assert chosen["reminder"] == (True, "off")
