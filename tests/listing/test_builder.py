"""The filter builder works by its form alone: add, group, drop, errors beside the line, and the address it leads to."""

import json
from urllib.parse import parse_qs, urlsplit

from contacts.services import create_contact
from crm.kernel.core.changes import Actor

from .test_lists import ids

START = "/contacts/?panel=where&stage=lead"


def test_a_first_line_is_offered_and_its_operators_follow_the_field(client_of, rep):
    client = client_of(rep)
    body = client.get(START).content.decode()
    assert 'name="r-0-f"' in body
    assert 'name="r-0-o"' not in body
    body = client.get(f"{START}&r-g=all&r-0-f=touched&r-0-o=contains&do=update").content.decode()
    assert '<option value="older"' in body
    assert 'inputmode="numeric"' in body
    assert '<input type="hidden" name="stage" value="lead">' in body


def test_buttons_add_and_drop_lines_and_groups_and_keep_what_was_typed(client_of, rep):
    client = client_of(rep)
    lines = "&r-g=any&r-0-f=city&r-0-o=is&r-0-v=Oslo&r-1-f=score&r-1-o=gt&r-1-v=5"
    body = client.get(f"{START}{lines}&do=group:r").content.decode()
    assert 'name="r-2-g"' in body
    assert 'value="Oslo"' in body
    body = client.get(f"{START}{lines}&r-2-g=none&r-2-0-f=&do=add:r-2").content.decode()
    assert 'name="r-2-1-f"' in body
    body = client.get(f"{START}{lines}&do=drop:r-0").content.decode()
    assert 'value="Oslo"' not in body
    assert 'name="r-0-v" id="r-0-v1" type="text" inputmode="decimal" value="5"' in body


def test_show_leads_to_the_list_with_the_conditions_in_one_parameter(client_of, rep):
    wanted = create_contact(
        values={"last_name": "A", "owner": rep, "city": "Oslo", "tags": ["vip"]}, actor=Actor.of(rep)
    )
    create_contact(values={"last_name": "B", "owner": rep, "city": "Rome"}, actor=Actor.of(rep))
    client = client_of(rep)
    answer = client.get(
        f"{START}&r-g=all&r-0-f=city&r-0-o=contains&r-0-v=os&r-1-g=any&r-1-0-f=tags&r-1-0-o=any&r-1-0-v=vip,+new&r-1-1-f=&do=show"
    )
    query = parse_qs(urlsplit(answer.url).query)
    assert set(query) == {"stage", "where"}
    assert json.loads(query["where"][0]) == ["all", ["city", "contains", "os"], ["any", ["tags", "any", "vip", "new"]]]
    page = client.get(answer.url)
    assert ids(page) == [str(wanted.pk)]
    assert page.content.decode().count("Remove filter") == 3
    again = client.get(f"{answer.url}&panel=where").content.decode()
    assert 'name="r-1-0-v"' in again


def test_a_line_that_is_not_complete_says_so_and_loses_nothing(client_of, rep):
    response = client_of(rep).get(
        f"{START}&r-g=all&r-0-f=city&r-0-o=is&r-0-v=Oslo&r-1-f=score&r-1-o=gt&r-1-v=many&do=show"
    )
    assert response.status_code == 422
    body = response.content.decode()
    assert 'id="r-1-error"' in body
    assert 'value="Oslo"' in body
    assert 'value="many"' in body


def test_parameters_of_the_builder_mean_nothing_elsewhere(client_of, rep):
    assert client_of(rep).get("/contacts/?r-0-f=city").status_code == 400
    assert client_of(rep).get("/contacts/?panel=where&r-0-x=city").status_code == 400
