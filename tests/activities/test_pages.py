"""Pages of tasks, activities and the composer: right and wrong rights, bad input, with and without htmx; no 500."""

import datetime as dt

import pytest
from django.utils import timezone

from activities.models import Activity, Task
from activities.services.recording import ActivityRow, log_activity
from activities.services.tasks import TaskRow, create_task

HTMX = {"HTTP_HX_REQUEST": "true"}
DIALOG = {**HTMX, "HTTP_HX_TARGET": "modal-body"}


@pytest.fixture
def task(as_rep, maya, deal) -> Task:
    """An open task of `rep` about Maya's deal."""
    row = TaskRow(title="Send terms", due_on=timezone.localdate(), contact_id=maya.pk, deal_id=deal.pk, remind=True)
    return create_task(row=row, actor=as_rep)


@pytest.fixture
def call(as_rep, maya) -> Activity:
    """A planned call of `rep` with Maya."""
    at = timezone.now() + dt.timedelta(hours=1)
    return log_activity(row=ActivityRow(type="call", done=False, scheduled_at=at, contact_ids=(maya.pk,)), actor=as_rep)


def form_of(response) -> dict[str, str]:
    """Return what a browser would send back from the form of a page, hidden initial values included."""
    form = response.context["form"]
    data = {}
    for bound in form:
        if form.fields[bound.name].show_hidden_initial:
            data[bound.html_initial_name] = bound.value()
        data[bound.html_name] = bound.value()
    return {name: "on" if value is True else value for name, value in data.items() if value not in (None, False)}


PAGES = ["/", "/tasks/", "/tasks/new/", "/tasks/?done=1", "/tasks/?who=me", "/activities/", "/activities/new/"]


@pytest.mark.parametrize("url", [*PAGES, "/notifications/", "/activities/people/?q=a", "/tasks/options/deal/?q=a"])
def test_pages_open_for_people_and_not_for_strangers_to_the_house(url, rep, client_of, client, task, call):
    assert client_of(rep).get(url).status_code == 200
    assert client.get(url).status_code == 302


@pytest.mark.parametrize("url", ["/tasks/?nonsense=1", "/tasks/?sort=password", "/activities/?who=x", "/tasks/?due=x"])
def test_an_unknown_filter_is_named_not_a_500(url, rep, client_of):
    assert client_of(rep).get(url).status_code == 400


def urls_of(task, call):
    return [f"/tasks/{task.pk}/", f"/tasks/{task.pk}/edit/", f"/activities/{call.pk}/", f"/activities/{call.pk}/edit/"]


def test_the_record_pages_as_page_and_dialog(rep, client_of, task, call):
    client = client_of(rep)
    more = [f"/tasks/{task.pk}/reschedule/", f"/activities/{call.pk}/reschedule/"]
    for url in urls_of(task, call) + more:
        assert "<!doctype" in client.get(url).content.decode().lower()
        assert "<!doctype" not in client.get(url, **DIALOG).content.decode().lower()


def test_hidden_is_404_visible_but_not_mine_403_and_nothing_is_written_u3(
    mate, stranger, client_of, task, call, database_diff
):
    posts = [f"/tasks/{task.pk}/{verb}/" for verb in ("complete", "bin", "edit", "reschedule")]
    posts += [f"/activities/{call.pk}/{verb}/" for verb in ("complete", "bin", "edit", "reschedule")]
    for person, status in ((stranger, 404), (mate, 403)):
        client = client_of(person)
        client.get("/tasks/")
        for url in posts:
            with database_diff() as diff:
                response = client.post(url, {"title": "x", "on": "2026-12-01", "to": "today"})
            assert (url, response.status_code, diff.tables) == (url, status, {})


def test_done_and_open_again(rep, client_of, task):
    client = client_of(rep)
    assert client.post(f"/tasks/{task.pk}/complete/", **HTMX).status_code == 204
    task.refresh_from_db()
    assert task.done_at
    client.post(f"/tasks/{task.pk}/complete/", {"open": "1"})
    task.refresh_from_db()
    assert task.done_at is None


def test_moving_by_one_click_and_by_form(rep, client_of, task):
    client = client_of(rep)
    client.post(f"/tasks/{task.pk}/reschedule/", {"to": "tomorrow"})
    task.refresh_from_db()
    assert task.due_on == timezone.localdate() + dt.timedelta(days=1)
    client.post(f"/tasks/{task.pk}/reschedule/", {"on": "2027-01-05", "time": "14:30"})
    task.refresh_from_db()
    assert task.due_at == dt.datetime(2027, 1, 5, 14, 30, tzinfo=dt.UTC)


def test_new_task_from_a_deal(rep, client_of, deal):
    client = client_of(rep)
    page = client.get(f"/tasks/new/?deal={deal.pk}")
    assert "Sensor renewal" in page.content.decode()
    data = form_of(page) | {"title": "Plan the demo"}
    assert client.post("/tasks/new/", data).status_code == 302
    assert Task.objects.get(title="Plan the demo").deal_id == deal.pk


def test_an_edit_saves_what_changed_and_keeps_the_rest(rep, client_of, task):
    client = client_of(rep)
    data = form_of(client.get(f"/tasks/{task.pk}/edit/"))
    assert client.post(f"/tasks/{task.pk}/edit/", data | {"title": "Renamed"}).status_code == 302
    before = (task.due_on, task.remind_at, task.deal_id, task.version + 1)
    task.refresh_from_db()
    assert (task.title, task.due_on, task.remind_at, task.deal_id, task.version) == ("Renamed", *before)


def test_a_field_that_somebody_else_changed_answers_409_once_p3(rep, manager, client_of, task):
    mine, theirs = client_of(rep), client_of(manager)
    data = form_of(mine.get(f"/tasks/{task.pk}/edit/"))
    theirs.post(f"/tasks/{task.pk}/edit/", data | {"title": "Theirs"})
    conflict = mine.post(f"/tasks/{task.pk}/edit/", data | {"title": "Mine"})
    assert conflict.status_code == 409
    page = conflict.content.decode()
    assert "Theirs" in page
    assert "Mine" in page
    again = form_of(conflict) | {"initial-title": "Theirs", "title": "Mine"}
    assert mine.post(f"/tasks/{task.pk}/edit/", again).status_code == 302
    task.refresh_from_db()
    assert task.title == "Mine"


@pytest.mark.parametrize("text", ["x" * 301, "a\0b", "", "\u202eabc" + "y" * 300])
def test_bad_titles_are_named_beside_the_field_and_kept(rep, client_of, text):
    response = client_of(rep).post(
        "/tasks/new/", {"title": text, "priority": 2, "type": "todo", "assignee": str(rep.pk)}
    )
    assert response.status_code == 422
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("on", "2026-02-31"),
        ("on", "99999-01-01"),
        ("time", "25:00"),
        ("assignee", "nobody"),
        ("deal", "not-an-id"),
        ("deal", "00000000-0000-0000-0000-000000000000"),
        ("contact", "a\0"),
        ("priority", "1000000000000"),
        ("type", "x"),
    ],
)
def test_bad_values_never_give_a_500(rep, client_of, name, value):
    data = {"title": "x", "priority": 2, "type": "todo", "assignee": str(rep.pk), name: value}
    assert client_of(rep).post("/tasks/new/", data).status_code == 422


def test_bad_links_in_the_address_are_ignored_or_named(rep, client_of):
    for url in ("/tasks/new/?deal=x", "/tasks/new/?contact=%00", "/activities/new/?type=x&deal=1"):
        assert client_of(rep).get(url).status_code == 200


# The composer --------------------------------------------------------------------------------------------------------


def log_url(record, kind):
    return f"/timeline/{record.kind}/{record.pk}/{kind}/"


def test_each_tab_saves_and_answers_an_empty_form_again(rep, client_of, maya, deal):
    client = client_of(rep)
    tomorrow = str(timezone.localdate() + dt.timedelta(days=1))
    typed = {
        "note": {"body": "Hello"},
        "call": {"body": "Spoke", "outcome": "reached", "direction": "out", "duration": "12", "remind": "on"},
        "email": {"subject": "Quote", "direction": "in"},
        "meeting": {"subject": "Demo", "on": tomorrow, "time": "10:00"},
        "task": {"title": "Send it", "on": tomorrow, "remind": "on"},
    }
    for kind, data in typed.items():
        response = client.post(log_url(maya, kind), {**data, "deal": str(deal.pk)}, **HTMX)
        assert (kind, response.status_code) == (kind, 200)
        assert "crm:refresh" in response.headers["HX-Trigger"]
    assert set(Activity.objects.exclude(type="system").values_list("type", "deal_id")) == {
        (kind, deal.pk) for kind in ("note", "call", "email", "meeting")
    }
    assert Activity.objects.get(type="meeting").completed_at is None
    assert set(Task.objects.values_list("title", flat=True)) == {"Send it", "Follow up: Maya Lindqvist"}


def test_a_call_with_its_follow_up_is_one_command(rep, client_of, maya):
    from crm.kernel.audit.models import ChangeSet

    before = ChangeSet.objects.count()
    client_of(rep).post(log_url(maya, "call"), {"body": "x", "remind": "on"})
    assert ChangeSet.objects.count() == before + 1


@pytest.mark.parametrize("kind", ["note", "task"])
def test_nothing_typed_is_named_and_kept_with_and_without_htmx(rep, client_of, deal, kind):
    client = client_of(rep)
    assert client.post(log_url(deal, kind), {}, **HTMX).status_code == 422
    page = client.post(log_url(deal, kind), {"body": "\0", "title": "\0"})
    assert page.status_code == 422
    assert "<!doctype" in page.content.decode().lower()


@pytest.mark.parametrize(
    "data",
    [
        {"on": "31/02/2026"},
        {"time": "99:99"},
        {"duration": "-5"},
        {"duration": "10" * 12},
        {"outcome": "x"},
        {"deal": "x"},
    ],
)
def test_bad_input_in_the_composer_is_422(rep, client_of, maya, deal, data):
    assert client_of(rep).post(log_url(maya, "call"), {"body": "x", **data}, **HTMX).status_code == 422


def test_an_all_day_meeting_without_a_time(rep, client_of, company):
    day = timezone.localdate() + dt.timedelta(days=4)
    client_of(rep).post(log_url(company, "meeting"), {"subject": "Fair", "on": str(day)})
    meeting = Activity.objects.get(type="meeting")
    assert (meeting.scheduled_on, meeting.completed_at, meeting.company_id) == (day, None, company.pk)


def test_who_may_not_see_the_record_gets_404_and_a_viewer_403(stranger, viewer, client_of, maya, database_diff):
    client, looking = client_of(stranger), client_of(viewer)
    assert client.get(f"/timeline/contact/{maya.pk}/", **HTMX).status_code == 404
    looking.get("/tasks/")
    with database_diff() as diff:
        assert client.post(log_url(maya, "note"), {"body": "x"}).status_code == 404
        assert looking.post(log_url(maya, "note"), {"body": "x"}).status_code == 403
    assert diff.empty


def test_unknown_kinds_are_404(rep, client_of, maya):
    client = client_of(rep)
    assert client.get(f"/timeline/user/{rep.pk}/", **HTMX).status_code == 404
    assert client.post(log_url(maya, "fax"), {}).status_code == 404
    assert client.get("/tasks/options/user/").status_code == 404


def test_the_feed_filters_and_goes_on(rep, as_rep, client_of, maya):
    for n in range(60):
        log_activity(row=ActivityRow(type="note", body=f"note {n}", contact_ids=(maya.pk,)), actor=as_rep)
    client = client_of(rep)
    page = client.get(
        f"/timeline/contact/{maya.pk}/?show=note", **HTMX, HTTP_HX_TARGET="timeline-feed"
    ).content.decode()
    assert "Show earlier" in page
    more = page.split(f"/timeline/contact/{maya.pk}/?show=note&amp;before=")[1].split('"')[0]
    rest = client.get(
        f"/timeline/contact/{maya.pk}/?show=note&before={more}", **HTMX, HTTP_HX_TARGET="timeline-more"
    ).content.decode()
    assert rest.count('<li class="event"') == 10
    assert "timeline-filter" not in rest
    assert client.get(f"/timeline/contact/{maya.pk}/?changes=1", **HTMX).status_code == 200


def test_text_is_escaped(rep, as_rep, client_of, maya):
    log_activity(row=ActivityRow(type="note", body="<script>alert(1)</script>", contact_ids=(maya.pk,)), actor=as_rep)
    page = client_of(rep).get(f"/timeline/contact/{maya.pk}/", **HTMX).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_options_show_only_what_one_may_see_u3(rep, stranger, client_of, maya, deal):
    for record, typed in ((maya, "maya"), (deal, "sensor")):
        url = f"/tasks/options/{record.kind}/?q={typed}"
        assert str(record.pk) in client_of(rep).get(url).content.decode()
        assert str(record.pk) not in client_of(stranger).get(url).content.decode()
