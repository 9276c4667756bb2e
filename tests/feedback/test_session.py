"""Sessions: the file, who takes part, which prompt comes next, progress."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acord.errors import InputError
from acord.feedback.session import Done, FeedbackSession, choose, load_session
from acord.feedback.store import FeedbackStore

from .samples import answer, open_session, write_session

PEOPLE = ("Anna", "Biel", "Carme", "Dídac")


def again(session: FeedbackSession) -> FeedbackSession:
    """The same session after a restart."""
    return FeedbackSession(session.session, FeedbackStore(session.store.path))


@given(
    prompts=st.integers(1, 6),
    overlap=st.integers(1, 4),
    moves=st.lists(st.tuples(st.sampled_from(PEOPLE), st.booleans()), max_size=60),
)
def test_the_rule_of_assignment(prompts: int, overlap: int, moves: list[tuple[str, bool]]) -> None:
    """Whoever comes in whatever order, answering or going away: nobody answers twice, work is spread evenly, and it
    ends when it should."""
    ids = [str(number) for number in range(prompts)]
    answered: dict[str, set[str]] = {one: set() for one in ids}
    offered: dict[str, str] = {}
    for who, answers in moves:
        others = Counter(prompt for person, prompt in offered.items() if person != who)
        before = offered.pop(who, None)
        chosen = choose(ids, answered, who, overlap=overlap, offered=others, before=before)
        still_open = [one for one in ids if who not in answered[one] and len(answered[one]) < overlap]
        assert (chosen is None) == (not still_open)
        if chosen is None:
            continue
        assert chosen in still_open
        if before in still_open:
            assert chosen == before
        else:
            assert len(answered[chosen]) + others[chosen] == min(len(answered[one]) + others[one] for one in still_open)
        if answers:
            answered[chosen].add(who)
        else:
            offered[who] = chosen
    for who in PEOPLE:
        while (chosen := choose(ids, answered, who, overlap=overlap, offered={})) is not None:
            answered[chosen].add(who)
    assert {len(people) for people in answered.values()} == {overlap}


def test_three_people_finish_a_session_with_two_answers_a_prompt(tmp_path: Path) -> None:
    session = open_session(tmp_path)
    tokens = {who: session.join(who, agreed=True).token for who in PEOPLE[:3]}
    assert session.done(tokens["Anna"]) == Done("Anna", 0, 3)
    turns = [who for _ in range(3) for who in PEOPLE[:3] if answer(session, tokens[who])]
    assert len(turns) == 6
    assert all(session.next_prompt(token) is None for token in tokens.values())
    state = session.progress()
    assert state.annotators == tuple(Done(who, turns.count(who), turns.count(who)) for who in PEOPLE[:3])
    assert (state.prompts, state.complete) == (3, 3)
    counts = Counter(one.prompt_id for one in session.store.read())
    assert set(counts.values()) == {2}


def test_a_prompt_stays_until_it_is_answered_and_others_get_others(tmp_path: Path) -> None:
    session = open_session(tmp_path, overlap=1)
    anna, biel = (session.join(who, agreed=True).token for who in PEOPLE[:2])
    first = session.next_prompt(anna)
    assert first is not None
    assert session.next_prompt(anna) == first
    other = session.next_prompt(biel)
    assert other is not None
    assert other.id != first.id
    assert answer(session, anna) == first.id
    assert session.next_prompt(anna) not in (None, first, other)


def test_agreement_is_of_models_and_none_while_nothing_can_be_compared(tmp_path: Path) -> None:
    session = open_session(tmp_path)
    anna, biel = (session.join(who, agreed=True).token for who in PEOPLE[:2])
    assert session.progress().agreement is None
    for choice in ("1", "2", "tie"):
        answer(session, anna, choice)
    for choice in ("2", "1", "tie"):
        answer(session, biel, choice, models=("old", "new"), replies=("bad", "good"))
    assert session.progress().agreement == 1.0


def test_a_restart_knows_annotators_and_their_answers(tmp_path: Path) -> None:
    session = open_session(tmp_path)
    anna = session.join("Anna", agreed=True)
    first = answer(session, anna.token)
    restarted = again(session)
    assert restarted.shown(anna.token) == "Anna"
    assert restarted.done(anna.token) == Done("Anna", 1, 3)
    assert answer(restarted, anna.token) != first
    # Another process deletes: this one sees it.
    assert FeedbackStore(session.store.path).delete("Anna") == 2
    with pytest.raises(InputError, match="nobody of this session has that token"):
        restarted.next_prompt(anna.token)
    assert restarted.progress().annotators == ()


@pytest.mark.parametrize("token", ["", "Anna", "x" * 32, "\ud800"])
def test_a_wrong_token_is_refused(tmp_path: Path, token: str) -> None:
    session = open_session(tmp_path)
    session.join("Anna", agreed=True)
    for ask in (session.next_prompt, session.done, session.shown):
        with pytest.raises(InputError, match="token"):
            ask(token)


def test_a_token_of_another_session_in_the_same_file_is_refused(tmp_path: Path) -> None:
    session = open_session(tmp_path)
    token = session.join("Anna", agreed=True).token
    path = write_session(tmp_path)
    path.write_text(path.read_text().replace("servici de proves", "another"))
    with pytest.raises(InputError, match="token"):
        FeedbackSession(load_session(path), session.store).next_prompt(token)


def test_nobody_takes_part_without_agreement(tmp_path: Path) -> None:
    session = open_session(tmp_path)
    with pytest.raises(InputError, match="notice"):
        session.join("Anna", agreed=False)
    assert session.progress().annotators == ()


def test_a_named_annotator_comes_back_by_the_name(tmp_path: Path) -> None:
    session = open_session(tmp_path)
    first = session.join("Anna  Puig", agreed=True)
    second = session.join(" anna puig ", agreed=True)
    assert first.shown == second.shown == "Anna Puig"
    assert first.token != second.token
    assert session.shown(first.token) == session.shown(second.token) == "Anna Puig"
    assert len(session.progress().annotators) == 1


@pytest.mark.parametrize("name", ["", "  ", "a\u202eb", "x" * 201, "pref_0123456789abcdef", "a\0"])
def test_what_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="no name"):
        open_session(tmp_path).join(name, agreed=True)


def test_pseudonyms_tell_nothing_and_names_are_kept_nowhere(tmp_path: Path) -> None:
    session = open_session(tmp_path, annotators="pseudonymous")
    joined = [session.join("Anna Puig", agreed=True) for _ in range(50)]
    assert len({one.shown for one in joined}) == len({one.token for one in joined}) == 50
    # Not in the order of joining, and not from the name: two sessions with the same people share none.
    assert sorted(one.shown for one in joined) != [one.shown for one in joined]
    (tmp_path / "other").mkdir()
    other = open_session(tmp_path / "other", annotators="pseudonymous").join("Anna Puig", agreed=True)
    assert other.shown not in {one.shown for one in joined}
    answer(session, joined[0].token)
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("answers*"))
    assert b"Anna" not in kept
    assert joined[0].shown.encode() in kept
    assert all(one.token.encode() not in kept for one in joined)
    assert (tmp_path / "answers.jsonl.annotators.json").stat().st_mode & 0o777 == 0o600
    assert session.store.delete(joined[0].shown) == 1


def test_prompts_are_texts_or_messages_with_ids_that_do_not_depend_on_the_place(tmp_path: Path) -> None:
    session = load_session(write_session(tmp_path))
    assert [one.messages[-1]["content"] for one in session.prompts][1:] == ["Hola", "¿Dónde está el registro?"]
    assert session.prompts[1].id == "greet"
    (tmp_path / "prompts.txt").write_text("\ufeff¿Dónde está el registro?\n\n  Què és el padró?\r\n", encoding="utf-8")
    text = write_session(tmp_path).read_text(encoding="utf-8").split("prompts:")[0]
    (tmp_path / "other.yaml").write_text(f"{text}prompts: prompts.txt\n", encoding="utf-8")
    beside = load_session(tmp_path / "other.yaml")
    assert beside.prompts == (session.prompts[2], session.prompts[0])
    rows = ["Hola", {"id": "one", "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]}]
    (tmp_path / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "other.yaml").write_text(f"{text}prompts: prompts.jsonl\n", encoding="utf-8")
    assert [(one.id == "one", len(one.messages)) for one in load_session(tmp_path / "other.yaml").prompts] == [
        (False, 1),
        (True, 2),
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("retention:", "retenton:", "unknown key retenton. Did you mean retention?"),
        ("retention: fins al 31 de desembre\n", "", "the key retention is missing"),
        ("purpose: triar entre dos models", 'purpose: " "', "purpose: should not be empty"),
        ("overlap: 2", "overlap: 0", "overlap: "),
        ("overlap: 2", 'overlap: "2"', "overlap: "),
        ("annotators: named", "annotators: anonymous", "annotators: input should be 'named' or 'pseudonymous'"),
        ("messages: [", "message: [", "unknown key prompts.1.message. Did you mean messages?"),
        ("role: user", "role: assistant", "prompts.1.messages: should end with a message of the user"),
        ("  - Què és el padró?\n", "  - Què és el padró?\n" * 2, "two prompts have the id"),
        ("  - Què és el padró?\n", "  - 7\n", "prompts.0: should be a mapping of keys"),
        ("prompts:\n", "prompts: {}\nx:\n", "unknown key x"),
    ],
)
def test_faults_of_the_file_are_told_in_a_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = write_session(tmp_path)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_session(path)
    assert str(error.value).startswith(f"{path}: ")
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("p.txt", None, "p.txt: the file of prompts cannot be read: No such file"),
        ("p.csv", "x", "prompts: neither a list nor a file of prompts"),
        ("p.txt", " \n", "prompts: should not be empty"),
        ("p.jsonl", '"a"\n{"id": "b", "mesages": []}\n', "p.jsonl:2: unknown key mesages. Did you mean messages?"),
        ("p.jsonl", '"a"\nb\n', "p.jsonl:2: no valid JSON"),
    ],
)
def test_faults_of_a_file_of_prompts_name_the_line(tmp_path: Path, name: str, content: str | None, said: str) -> None:
    path = write_session(tmp_path)
    path.write_text(f"{path.read_text(encoding='utf-8').split('prompts:')[0]}prompts: {name}\n", encoding="utf-8")
    if content is not None:
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_session(path)
    assert said in str(error.value)
