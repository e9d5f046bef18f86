"""The builder of rules: a document as a form and back, buttons without a script, errors at their places (W1)."""

from typing import Any

import pytest
from django.http import QueryDict

from crm.kernel.core.changes import Actor
from crm.kernel.listing.conditions.fields import no_choice
from workflows.builder import RuleForm
from workflows.builder.conditions import box_of, document_of
from workflows.builder.options import documented, read_option
from workflows.comparing import differences, same
from workflows.documents import read_document
from workflows.options import Option
from workflows.sentences import sentence

from .conftest import document

DOCUMENT: dict[str, Any] = {
    "trigger": {"kind": "deal.idle", "options": {"days": 7, "calendar": "working"}},
    "conditions": {
        "all": [
            {"field": "amount", "operator": "gte", "value": "25000"},
            {
                "any": [
                    {"field": "source", "operator": "is", "value": "Fair"},
                    {"field": "owner", "operator": "changed"},
                ]
            },
        ]
    },
    "steps": [
        {
            "action": "create_task",
            "options": {"title": "Call {company.name}", "due_days": 2},
            "conditions": {"none": [{"field": "amount", "operator": "empty"}]},
        },
        {"action": "wait", "options": {"unit": "working_days", "amount": 3}},
        {"action": "notify", "options": {"who": ["owner", "manager"], "text": "Still open"}},
    ],
    "reentry": "event",
    "listens_to": ["import"],
    "rate_per_hour": 50,
}


def posted(shown: dict[str, Any]) -> QueryDict:
    """Return what a browser would send of the form as it is shown: every control, hidden ones too."""
    data = QueryDict(mutable=True)
    data["kind"], data["trigger"], data["reentry"] = shown["kind"], shown["trigger"]["key"], ""
    data["rate_per_hour"] = str(shown["rate"])
    data.setlist("listens_to", [key for key, _label, chosen in shown["sources"] if chosen])
    data["reentry"] = next(key for key, _label, chosen in shown["reentries"] if chosen)
    _options(data, shown["trigger"]["options"])
    _group(data, shown["root"])
    for step in shown["steps"]:
        data[f"{step['prefix']}-action"] = step["action"]
        _options(data, step["options"])
        if step["root"]:
            _group(data, step["root"])
    return data


def _options(data: QueryDict, options: list[dict[str, Any]]) -> None:
    for each in options:
        for name, value in each.get("hidden", ()):
            data.appendlist(name, str(value))
        if "hidden" in each:
            continue
        if each.get("rows") is not None:
            for row in each["rows"]:
                data.appendlist(f"{each['name']}-k", str(row["key"]))
                data.appendlist(f"{each['name']}-v", str(row["value"]))
        elif each.get("choices") is not None:
            for value, _label, chosen in each["choices"]:
                if chosen:
                    data.appendlist(each["name"], value)
        elif each["control"] == "yes_no":
            data.setlist(each["name"], ["no", "yes"] if each["value"] else ["no"])
        else:
            data[each["name"]] = str(each["value"])


def _group(data: QueryDict, group: dict[str, Any]) -> None:
    data[f"{group['path']}-g"] = group["mode"]
    for part in group["parts"]:
        if part.get("group"):
            _group(data, part)
            continue
        data[f"{part['path']}-f"] = part["key"]
        if not part["key"]:
            continue
        data[f"{part['path']}-o"] = part["operator"]
        if part["control"] in ("choices", "menu"):
            data.setlist(f"{part['path']}-v", [value for value, _label, chosen in part["choices"] if chosen])
        elif part["control"]:
            data.setlist(f"{part['path']}-v", part["inputs"])


@pytest.fixture
def actor(manager):
    """The one with whose rights the rule acts."""
    return Actor.of(manager)


@pytest.mark.django_db
def test_a_document_survives_the_form_with_every_part(actor):
    form = RuleForm.of(DOCUMENT, actor)
    again = RuleForm.read(posted(form.shown()), actor)
    assert read_document(again.document(), actor).problems.found == []
    assert same(DOCUMENT, again.document(), actor) and differences(DOCUMENT, again.document(), actor) == []
    assert again.document()["conditions"] == DOCUMENT["conditions"]
    assert [each["action"] for each in again.document()["steps"]] == ["create_task", "wait", "notify"]
    assert (again.reentry, again.listens_to, again.rate) == ("event", ["import"], 50)


@pytest.mark.django_db
def test_buttons_add_move_copy_and_remove_without_losing_what_is_typed(actor):
    form = RuleForm.of(DOCUMENT, actor)
    for button, actions in (
        ("up:2", ["create_task", "notify", "wait"]),
        ("copy:0", ["create_task", "create_task", "notify", "wait"]),
        ("remove:3", ["create_task", "create_task", "notify"]),
        ("down:2", ["create_task", "create_task", "notify"]),  # the last one stays
        ("step:add_tag", ["create_task", "create_task", "notify", "add_tag"]),
        ("step:no_such_action", ["create_task", "create_task", "notify", "add_tag"]),
        ("up:99", ["create_task", "create_task", "notify", "add_tag"]),
    ):
        form = RuleForm.read(posted(form.shown()), actor)
        form.change(button)
        assert [step.action for step in form.steps] == actions, button
    assert form.steps[1].options["title"] == "Call {company.name}"
    form.change("only:2")
    form.change("add:c-1")
    form.change("drop:c-0")
    assert form.document()["conditions"] == {"all": [{"any": DOCUMENT["conditions"]["all"][1]["any"]}]}
    assert [line.path for line in form.box.lines()] == ["c-0-0", "c-0-1", "c-0-2"]
    assert form.steps[2].box.lines()[0].path == "s2c-0"


@pytest.mark.django_db
def test_problems_stand_at_their_places_and_empty_lines_do_not_shift_them(actor):
    broken = {
        "trigger": {"kind": "deal.idle", "options": {"days": 7}},
        "conditions": {
            "all": [{"field": "amount", "operator": "gte"}, {"field": "gone", "operator": "is", "value": "1"}]
        },
        "steps": [{"action": "create_task"}, {"action": "notify", "options": {"who": ["person"], "text": "x"}}],
    }
    form = RuleForm.of(broken, actor)
    assert "gone" in form.box.lines()[1].error
    form.change("add:c")
    form.box.parts.insert(0, form.box.parts.pop())  # an empty line before all others
    form.box.renumber("c")
    problems = read_document(form.document(), actor).problems.found
    form.show_errors({each.where: each.message for each in problems})
    shown = form.shown()
    assert shown["root"]["parts"][0]["error"] == "" and "value" in shown["root"]["parts"][1]["error"]
    assert next(each for each in shown["steps"][0]["options"] if each.get("key") == "title")["error"]
    assert next(each for each in shown["steps"][1]["options"] if each.get("key") == "person")["error"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "document",
    [
        None, [], "x", {"trigger": "x", "conditions": "x", "steps": "x"}, {"steps": [{"action": "gone", "options": 5}, 7]},
        {"trigger": {"kind": "gone"}}, {"trigger": {"kind": "deal.idle", "options": {"days": "many"}}, "rate_per_hour": "x"},
        {"conditions": {"all": [{"all": [{"all": [{"all": [{"all": []}]}]}]}, 5, {"field": "amount"}]}},
    ],
)  # fmt: skip
def test_whatever_a_draft_holds_can_be_shown(actor, document):
    form = RuleForm.of(document, actor)
    read = RuleForm.read(posted(form.shown()), actor).document()
    assert isinstance(read, dict) and "trigger" in read


@pytest.mark.django_db
def test_another_trigger_keeps_what_still_fits_and_names_what_does_not(actor):
    data = posted(RuleForm.of(DOCUMENT, actor).shown())
    data["trigger"] = "contact.created"
    form = RuleForm.read(data, actor)
    errors = [line.error for line in form.box.lines()]
    assert "amount" in errors[0] and not errors[1]
    assert form.kind == "contact" and form.document()["conditions"]


def test_options_are_read_as_documents_have_them():
    data = QueryDict(
        "s-n=12&s-m=many&s-y=no&s-y=yes&s-w=a,+b,&s-l=1&s-l=2&s-l=1&s-p-k=ann&s-p-v=3&s-p-k=&s-p-v=9&s-p-k=bob&s-p-v="
        "&s-t-k=North&s-t-v=ann"
    )

    def read(key: str, kind: str) -> Any:
        return read_option(Option(key=key, label=key, type=kind), data, "s")

    assert read("n", "number") == 12 and read("m", "number") == "many"
    assert read("y", "yes_no") is True and read("gone", "yes_no") is None
    assert read("w", "words") == ["a", "b"] and read("l", "people") == ["1", "2"]
    assert read("p", "weights") == {"ann": 3, "": 9, "bob": ""} and read("t", "territories") == {"North": "ann"}


@pytest.mark.parametrize("typed", [("weights", "ann", ""), ("weights", "", "3"), ("territories", "North", "")])
def test_a_pair_that_is_half_filled_in_comes_back_as_it_was_and_is_refused_at_its_place(db, manager, typed):
    """The form is sent upon each change, so also between the two controls of a pair."""
    kind, key, value = typed
    method = {"weights": "weighted", "territories": "by_field"}[kind]
    step = f"s0-action=assign&s0-method={method}&s0-field=source&s0-{kind}-k={key}&s0-{kind}-v={value}"
    sent = f"trigger=lead.created&kind=contact&{step}"
    form = RuleForm.read(QueryDict(sent), Actor.of(manager))
    problems = read_document(form.document(), Actor.of(manager)).problems.found
    assert f"steps.1.{kind}" in [each.where for each in problems]
    (pair,) = [each for each in form.shown()["steps"][0]["options"] if each.get("key") == kind]
    assert (str(pair["rows"][0]["key"]), str(pair["rows"][0]["value"])) == (key, value)


def test_options_that_are_not_asked_for_stay_out_of_the_document():
    who = Option(key="who", label="Who", type="choices", default=["owner"])
    person = Option(key="person", label="Person", type="person", when=("who", ("person",)))
    assert documented([who, person], {"who": ["owner"], "person": "ann"}) == {"who": ["owner"]}
    assert documented([who, person], {"who": ["owner", "person"], "person": "ann"})["person"] == "ann"


def test_groups_and_lines_without_anything_are_left_out():
    assert document_of(box_of({"all": [{"any": []}, {"field": "amount", "operator": "empty"}]}, "c")) == {
        "all": [{"field": "amount", "operator": "empty"}]
    }
    assert document_of(box_of({}, "c")) == {}


def test_names_of_a_text_are_ticked_and_chosen_and_an_unfinished_step_has_no_empty_quotes(manager, rep, stage, teams):
    actor = Actor.of(manager)
    steps = [
        {"action": "assign", "options": {"method": "weighted", "people": [rep.email], "weights": {rep.email: 2}}},
        {"action": "move_stage", "options": {"stage": "proposal"}},
        {"action": "create_task"}, {"action": "create_deal"}, {"action": "send_email"}, {"action": "update_field"},
    ]  # fmt: skip
    data = document(
        "deal.stage_changed", *steps, options={"to_stage": ["Proposal", "No such"], "from_stage": ["Qualified"]}
    )
    form = RuleForm.of(data, actor)
    assert form.options["from_stage"] == [str(stage("Qualified").pk)]
    assert form.options["to_stage"] == ["Proposal", "No such"]  # one cannot be read: the page says so
    assert form.steps[0].options["weights"] == {str(rep.pk): 2} and form.steps[0].options["people"] == [str(rep.pk)]
    assert form.steps[1].options["stage"] == str(stage("Proposal").pk)
    ticked = [
        label
        for option in form.shown()["trigger"]["options"]
        for *_key, label, on in option.get("choices", ())
        if on is True
    ]
    assert [str(each).rpartition(": ")[2] for each in ticked] == ["Qualified"]
    words = sentence(data, actor)
    assert "create a task …" in words and "create a deal …" in words and "“”" not in words and "to  " not in words
    step = {"action": "create_task", "options": {"title": "Call", "due_days": 2, "due_calendar": "working"}}
    assert "due in 2 working days" in sentence(document("deal.won", step), actor)


def test_w1_a_sentence_does_not_say_twice_what_its_trigger_says(manager):
    words = sentence(
        document("lead.created", conditions=[{"field": "source", "operator": "is", "value": "Fair"}]), Actor.of(manager)
    )
    assert words.startswith("When a lead comes in, if Source is Fair, then")


def test_w8_what_was_chosen_and_is_gone_is_told_in_words_not_by_its_id():
    assert no_choice("x") == "“x” is none of the choices."
    assert no_choice("01a21637-9e33-7600-9d3b-f96f258655ac").startswith("what was chosen is not there any more")
