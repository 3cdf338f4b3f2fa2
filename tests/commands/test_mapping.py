"""A connector's mapping: what is asked, filled in without leading elsewhere, and what an answer means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.mapping import Answer, BadAnswerMapping, CannotAsk, Http, Mqtt, Order, compiled, message, read, request

ORDER = Order(7, "k-1", "set-level", "L-1", "cms/12", {"zone": "nord", "empty": None}, {"level": 40.0, "text": 'a "b"'})


def asked(**members):
    declared = compiled({"protocol": "http", "path": "/o/{asset}", **members})
    assert isinstance(declared, Http)
    return request(declared, ORDER)


def test_texts_are_filled_and_one_field_alone_keeps_its_type():
    body = {
        "level": "{parameter.level}",
        "name": "{type} of {asset}",
        "list": ["{attribute.zone}", 3],
        "text": "{parameter.text}",
    }
    assert asked(body=body).body == (
        b'{"level":40,"name":"set-level of L-1","list":["nord",3],"text":"a \\"b\\""}'
    )  # fmt: skip


def test_each_type_may_be_asked_otherwise():
    other = {"set-level": {"path": "/lamps/{address}", "method": "PUT", "body": {"dim": "{parameter.level}"}}}
    told = asked(types=other)
    assert (told.method, told.path, told.body) == ("PUT", "/lamps/cms%2F12", b'{"dim":40}')


@given(st.text(max_size=30))
def test_what_is_filled_into_a_path_leads_nowhere_else(text):
    order = Order(7, "k", "t", f"x{text}", "a", {}, {})
    declared = compiled({"protocol": "http", "path": "/o/{asset}/x"})
    path = request(declared, order).path
    assert path.startswith("/o/")
    assert path.count("/") == 3
    assert not set(path) & set("?#\r\n \\")


@given(st.text(max_size=30))
def test_what_is_filled_into_a_topic_is_one_level_of_it(text):
    order = Order(7, "k", "t", text or "x", "a", {}, {})
    declared = compiled({"protocol": "mqtt", "topic": "o/{asset}/x"})
    assert isinstance(declared, Mqtt)
    topic = message(declared, order).topic
    assert topic.count("/") == 2
    assert not set(topic) & set("+#\0")


@pytest.mark.parametrize("text", ["{attribute.none}", "{attribute.empty}", "{parameter.none}"])
def test_what_the_order_lacks_is_named(text):
    with pytest.raises(CannotAsk, match=r"none|empty"):
        asked(body=text)


@pytest.mark.parametrize("text", ["{nothing}", "{attribute}", "{asset.name}"])
def test_a_field_that_is_none_is_refused_when_the_mapping_is_read(text):
    with pytest.raises(BadAnswerMapping, match=text[1:-1]):
        asked(body={"deep": [text]})


@pytest.mark.parametrize("part", [".", ".."])
def test_a_part_of_a_path_that_leads_upwards_is_not_asked(part):
    with pytest.raises(CannotAsk, match="path"):
        request(compiled({"protocol": "http", "path": "/o/{asset}/x"}), Order(7, "k", "t", part, "a", {}, {}))


STATE = Answer(field="a.0.state", accepted=("ok", "1"), refused=("no",), id="id", message="why")


@pytest.mark.parametrize(
    ("answer", "status", "body", "outcome"),
    [
        (Answer(), 202, b"", "accepted"),
        (Answer(), 200, b"<html>", "accepted"),
        (Answer(), 404, b"", "refused"),
        (Answer(), 429, b"", "failed"),
        (Answer(), 503, b"", "failed"),
        (Answer(), 302, b"", "failed"),
        (STATE, 200, b'{"a": [{"state": "ok"}]}', "accepted"),
        (STATE, 200, b'{"a": [{"state": 1.0}]}', "accepted"),
        (STATE, 200, b'{"a": [{"state": "no"}], "why": "x"}', "refused"),
        (STATE, 200, b'{"a": [{"state": "OK"}]}', "failed"),
        (STATE, 200, b'{"a": []}', "failed"),
        (STATE, 200, b"\xff\xfe", "failed"),
        (STATE, 200, '{"a": [{"state": "réglé"}]}'.encode("latin-1"), "failed"),
        (STATE, 200, b"", "failed"),
        (STATE, 500, b'{"a": [{"state": "ok"}]}', "failed"),
    ],
)
def test_an_answer_means_yes_no_or_nothing(answer, status, body, outcome):
    assert read(answer, status, body).outcome == outcome


def test_a_supervisor_that_ends_it_by_itself_is_told_when():
    declared = compiled({"protocol": "http", "path": "/o", "body": {"until": "{until}"}})
    order = Order(7, "k", "set-level", "L-1", "L-1/dim", {}, {"level": 40.0}, "2026-11-27T18:00:00+00:00")
    assert request(declared, order).body == b'{"until":"2026-11-27T18:00:00+00:00"}'
    with pytest.raises(CannotAsk, match="does not stand until an end"):
        request(declared, Order(8, "k", "reset", "L-1", "L-1/dim", {}, {}))


@given(st.integers(100, 599), st.binary(max_size=200))
def test_any_answer_is_read(status, body):
    said = read(STATE, status, body)
    assert said.outcome != "accepted" or status in STATE.statuses
    assert said.message.isprintable()


@pytest.mark.parametrize(
    ("members", "french", "english"),
    [
        ({"timeout": 900}, "« timeout » : 60 au plus.", "“timeout”: 60 at most."),
        ({"path": "//x"}, "« path » : '//x' doit commencer par un seul « / »", "“path”: '//x' must begin with one “/”"),
        ({"protocol": "ftp"}, "« protocol » : 'ftp' n’est pas un des choix.", "“protocol”: 'ftp' is not one of the choices."),
        ({"answer": {"field": "a"}}, "« answer » : « field » et « accepted » vont ensemble.", "“answer”: “field” and “accepted”"),
        ({"body": "{nothing}"}, "{nothing} n’est pas un des champs", "{nothing} is none of the fields"),
        ({"more": 1}, "Membre inconnu : more.", "Unknown member: more."),
        ({"headers": {"a": 1}}, "« headers[...] » : un texte est attendu.", "“headers[...]”: a text is expected."),
    ],
)
def test_what_is_wrong_is_said_in_both_languages_at_its_member(members, french, english):
    with pytest.raises(BadAnswerMapping) as refused:
        compiled({"protocol": "http", "path": "/o", **members})
    assert refused.value.said.fr.startswith(french)
    assert refused.value.said.en.startswith(english)
