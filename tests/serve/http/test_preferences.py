"""Comparisons, and a session of preferences, as the page asks for them."""

import json

import httpx2
import pytest

from acord.feedback.store import FeedbackStore

QUESTION = [{"role": "user", "content": "Escriu una frase sobre el temps."}]


@pytest.fixture(scope="module")
def http(server):
    with httpx2.Client(base_url=server.address, timeout=30) as one:
        yield one


def compare(http, **asked):
    answer = http.post("/acord/compare", json={"messages": QUESTION, "max_tokens": 12, **asked})
    assert answer.status_code == 200, answer.text
    lines = [line for line in answer.text.split("\n\n") if line]
    assert lines.pop() == "data: [DONE]"
    events = [json.loads(line.removeprefix("data: ")) for line in lines]
    replies = ["".join(event.get("delta", "") for event in events if event.get("side") == side) for side in (1, 2)]
    return events, replies


def test_about_tells_the_page_what_there_is(http):
    about = http.get("/acord/about").json()
    assert about["session"] == {
        "name": "trial",
        "purpose": "to try the server",
        "retention": "a day",
        "contact": "nobody",
        "annotators": "named",
    }
    assert (about["model"], about["compares"], about["feedback"], about["key_needed"]) == (
        "bundled",
        "itself",
        True,
        False,
    )
    assert about["longest"] == 4_096
    assert set(about["defaults"]) == {"temperature", "top_p", "top_k", "max_new_tokens"}


def test_the_page_and_its_texts_are_there(http):
    assert http.get("/").text.startswith("<!doctype html>")
    for tag in ("en", "es", "va"):
        texts = http.get(f"/page/texts/{tag}.json").json()
        assert all(isinstance(text, str) for text in texts.values())


def test_a_choice_is_kept_with_the_replies_in_the_order_shown(http, kept):
    events, replies = compare(http, temperature=1.5)
    assert [sorted(event) for event in events if "finish" in event] == [["finish", "side"]] * 2
    assert list(events[-1]) == ["id"]
    assert replies[0] != replies[1]
    assert "bundled" not in json.dumps(events)
    answer = http.post("/acord/preferences", json={"id": events[-1]["id"], "choice": "2"})
    assert answer.status_code == 201
    row = FeedbackStore(kept).read()[-1]
    assert (row.id, list(row.models)) == (answer.json()["id"], answer.json()["models"])
    assert sorted(row.models) == ["bundled", "bundled (2)"]
    assert (list(row.replies), row.choice, list(row.prompt)) == (replies, "2", QUESTION)
    assert (row.language, row.session, row.annotator) == ("va", None, None)
    again = http.post("/acord/preferences", json={"id": events[-1]["id"], "choice": "1"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "already_chosen")


def test_the_first_model_is_on_either_side(http):
    names = set()
    for _ in range(12):
        events, _ = compare(http, max_tokens=1)
        told = http.post("/acord/preferences", json={"id": events[-1]["id"], "choice": "tie"}).json()
        names.add(told["models"][0])
    assert names == {"bundled", "bundled (2)"}


def test_a_session_from_its_notice_to_its_end(http, kept):
    for body in ({"name": "Anna", "agreed": False}, {"name": " ", "agreed": True}, {"name": "Anna"}, {"agreed": True}):
        assert http.post("/acord/session/join", json=body).status_code == 400
    joined = http.post("/acord/session/join", json={"name": "Anna", "agreed": True}).json()
    assert (joined["shown"], joined["progress"]) == ("Anna", {"done": 0, "of": 2})
    token = {"Acord-Annotator": joined["annotator"]}
    while (step := http.get("/acord/session/next", headers=token).json())["prompt"] is not None:
        prompt = step["prompt"]
        events, _ = compare(
            http, messages=prompt["messages"], prompt_id=prompt["id"], annotator=joined["annotator"], max_tokens=2
        )
        answer = http.post("/acord/preferences", json={"id": events[-1]["id"], "choice": "1"})
        assert answer.status_code == 201
    assert step["progress"] == {"done": 2, "of": 2}
    rows = FeedbackStore(kept).read()[-2:]
    assert {(one.annotator, one.session) for one in rows} == {("Anna", "trial")}
    assert "one" in {one.prompt_id for one in rows}
    progress = http.get("/acord/session/progress").json()
    assert progress["annotators"] == [{"shown": "Anna", "done": 2}]
    assert (progress["prompts"], progress["complete"], progress["agreement"]) == (2, 0, None)


@pytest.mark.parametrize(
    ("route", "body", "status", "param"),
    [
        ("compare", {"messages": QUESTION, "prompt_id": "none"}, 400, "prompt_id"),
        ("compare", {"messages": QUESTION, "prompt_id": "one"}, 400, "annotator"),
        ("compare", {"messages": QUESTION, "annotator": "nobody"}, 400, "annotator"),
        ("compare", {"messages": QUESTION, "stream": True}, 400, "stream"),
        ("preferences", {"id": "cmp_0", "choice": "1"}, 404, "id"),
        ("preferences", {"id": "cmp_0", "choice": "3"}, 400, "choice"),
        ("preferences", {"id": "cmp_0", "choice": "1", "annotator": "nobody"}, 400, "annotator"),
    ],
)
def test_what_does_not_fit_is_refused(http, route, body, status, param):
    answer = http.post(f"/acord/{route}", json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (status, param)


def test_a_token_that_is_none_is_refused(http):
    for headers in ({}, {"Acord-Annotator": "x"}, {"Acord-Annotator": "x" * 500}, {"Acord-Annotator": b"\xff"}):
        assert http.get("/acord/session/next", headers=headers).status_code == 400
