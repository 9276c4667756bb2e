"""What chat and server write, as the build reads it: the loop from a preference to a pair."""

from pathlib import Path
from typing import Any

import pytest

from acord.data.pairs import digest, pair_id, read_pairs
from acord.feedback.record import new_preference
from acord.feedback.store import FeedbackStore
from acord.recipe import load_recipe
from acord.run.run_recipe import run_recipe

from ..samples import FORGERY, build, write_jsonl, write_parquet
from .reading import Read, read

ASKED = {
    "va": "Podries explicar-me com es demana el certificat d'empadronament?",
    "es": "¿Me puede explicar cómo se pide el certificado de empadronamiento?",
    "en": "Could you tell me how to ask for a certificate of residence?",
}
REPLIES = {
    "va": (
        "Cal anar a l'ajuntament amb el document d'identitat i omplir la sol·licitud.",
        "No ho sé, pregunta-ho allí.",
    ),
    "es": (
        "Hay que ir al ayuntamiento con el documento de identidad y rellenar la solicitud.",
        "No lo sé, pregunta allí.",
    ),
    "en": ("Go to the town hall with your identity card and fill in the form.", "I do not know, ask them there."),
}
RECIPE = """
name: loop
model: {{base: "random:llama-1x64", tokenizer: train, vocabulary: 400}}
data:
  held_out: 0
  sources:
    - {{name: ours, format: feedback, path: "{path}", licence: CC-BY-4.0}}
"""


def row(choice: str = "1", *, prompt: str = "Ask", replies: tuple[Any, ...] = ("one", "two"), **more: Any) -> Any:
    values = {"id": f"pref_{choice}", "prompt": [{"role": "user", "content": prompt}], "replies": list(replies)}
    return {**values, "models": ["new", "old"], "choice": choice, "annotator": "Anna Puig", "language": "en", **more}


def built(tmp_path: Path, rows: list[Any], **more: Any) -> Read:
    return read(tmp_path, format="feedback", path=write_jsonl(tmp_path / "ours.jsonl", rows), **more)


@pytest.mark.slow
def test_the_loop_closes(tmp_path: Path) -> None:
    """Preferences that were written become a run's pairs, in their languages, with their lineage, without names."""
    store = FeedbackStore(tmp_path / "ours.jsonl")
    given = {}
    for number, (language, question) in enumerate(ASKED.items()):
        first, second = REPLIES[language] if number % 2 else REPLIES[language][::-1]
        given[language] = new_preference(
            prompt=[{"role": "user", "content": question}],
            replies=(first, second),
            models=("new", "old"),
            choice="1" if number % 2 else "2",
            annotator="Anna Puig",
        )
        store.add(given[language])
    (tmp_path / "loop.yaml").write_text(RECIPE.format(path=store.path))
    result = run_recipe(load_recipe(tmp_path / "loop.yaml"), tmp_path / "runs", until="pairs")
    folder = next(path.parent for path in (tmp_path / "runs").rglob("pairs.parquet"))
    pairs = {pair.language: pair for pair in read_pairs(folder)}
    assert pairs.keys() == {"va", "es", "en"}
    for language, pair in pairs.items():
        assert (pair.chosen, pair.rejected) == REPLIES[language]
        assert pair.prompt == [{"role": "user", "content": ASKED[language]}]
        assert (pair.source, pair.source_id, pair.licence) == ("ours", given[language].id, "CC-BY-4.0")
        assert (pair.origin, pair.margin, pair.weight) == ("human", None, 1.0)
        assert pair.lineage[0].step == "read"
    assert pairs["es"].lineage[0].detail == "feedback of ours.jsonl, reply of new preferred to old"
    assert pairs["va"].lineage[0].detail == "feedback of ours.jsonl, reply of old preferred to new"
    assert result.as_json()
    for file in folder.iterdir():
        assert b"Puig" not in file.read_bytes(), file


@pytest.mark.parametrize("choice", ["1", "2"])
@pytest.mark.parametrize("replies", [("a " + FORGERY, "b"), ("b", "a " + FORGERY)])
def test_the_reply_that_was_chosen_is_chosen_and_untouched(
    tmp_path: Path, choice: str, replies: tuple[str, str]
) -> None:
    (pair,) = built(tmp_path, [row(choice, prompt=FORGERY, replies=replies)]).pairs
    assert (pair.chosen, pair.rejected) == (replies if choice == "1" else replies[::-1])
    assert pair.prompt[0]["content"] == FORGERY
    mine = built(tmp_path, [row("1", prompt=FORGERY, replies=(pair.chosen, pair.rejected))]).pairs[0]
    assert mine.id == pair.id == pair_id(pair.prompt, pair.chosen, pair.rejected)
    ids = [digest([pair.prompt, reply]) for reply in (pair.chosen, pair.rejected)]
    assert ids == [pair.chosen_id, pair.rejected_id] == [mine.chosen_id, mine.rejected_id]
    better, worse = ("new", "old") if choice == "1" else ("old", "new")
    assert pair.lineage[0].detail.endswith(f"reply of {better} preferred to {worse}")


@pytest.mark.parametrize(
    ("choices", "chosen", "weight"),
    [
        ("1", "one", 1.0),
        ("11", "one", 1.0),
        ("221", "two", 0.3333),
        ("1t", "one", 0.5),
        ("2222t", "two", 0.8),
        ("12", None, None),
        ("t", None, None),
        ("tt", None, None),
        ("12t", None, None),
    ],
)
def test_answers_of_several_people_make_one_pair_or_none(
    tmp_path: Path, choices: str, chosen: str | None, weight: float | None
) -> None:
    """Half of them saw the replies in the other order."""
    rows = []
    for number, choice in enumerate(choices):
        said = "tie" if choice == "t" else choice
        if number % 2:
            said = {"1": "2", "2": "1"}.get(said, said)
            rows.append(row(said, replies=("two", "one"), models=["old", "new"], id=str(number)))
        else:
            rows.append(row(said, id=str(number)))
    done = built(tmp_path, rows)
    if chosen is None:
        assert done.pairs == []
        assert done.by_reason == {"tie": len(choices)}
        return
    (pair,) = done.pairs
    assert (pair.chosen, pair.weight) == (chosen, weight)
    assert done.rows_used == len(choices)
    winner = "new" if chosen == "one" else "old"
    assert f"reply of {winner} preferred" in pair.lineage[0].detail
    assert (f"{len(choices)} answers" in pair.lineage[0].detail) == (len(choices) > 1)


def test_other_replies_to_the_same_prompt_are_another_pair_of_one_conversation(tmp_path: Path) -> None:
    first, second = built(tmp_path, [row(), row("2", replies=("three", "four"))]).pairs
    assert first.id != second.id
    assert (first.group, first.prompt_id) == (second.group, second.prompt_id)


def test_a_conversation_stays_whole_in_its_group(tmp_path: Path) -> None:
    longer = [
        {"role": "system", "content": "Be brief"},
        {"role": "user", "content": "Ask"},
        {"role": "assistant", "content": "one"},
        {"role": "user", "content": "More"},
    ]
    first, second = built(tmp_path, [row(), {**row(), "prompt": longer}]).pairs
    assert second.prompt == longer
    assert first.group == second.group


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (row(replies=("one", "one")), "chosen equals rejected"),
        (row("tie", replies=("one", "one")), "chosen equals rejected"),
        (row(replies=("one", " ")), "empty text"),
        (row(prompt=" "), "empty text"),
        (row("3"), "choice should be 1, 2 or tie"),
        (row(replies=("one",)), "replies should be a list of two texts"),
        (row(replies=("one", None)), "replies should be a list of two texts"),
        (row(models=["new"]), "models should be a list of two texts"),
        (row(language="fr"), "language not asked for"),
        ({"prompt": "Ask"}, "prompt should be a list of messages"),
        ({"chosen": "a"}, "the column prompt is missing"),
        ({**row(), "prompt": [{"role": "tool", "content": "x"}]}, "unknown role"),
    ],
)
def test_a_row_at_fault_is_dropped_and_takes_no_other_along(tmp_path: Path, broken: Any, reason: str) -> None:
    done = built(tmp_path, [broken, row(id="whole")], languages=["en"])
    assert [pair.source_id for pair in done.pairs] == ["whole"]
    assert done.by_reason == {reason: 1}


def test_half_a_line_at_the_end_is_dropped_with_a_reason(tmp_path: Path) -> None:
    path = Path(write_jsonl(tmp_path / "ours.jsonl", [row()]))
    path.write_bytes(path.read_bytes() + b'{"id": "pref_')
    done = read(tmp_path, format="feedback", path=str(path))
    assert (len(done.pairs), done.by_reason) == (1, {"not JSON": 1})


def test_the_recipe_says_the_language_that_nobody_knew(tmp_path: Path) -> None:
    rows = [row(language=None, models=None)]
    assert built(tmp_path, rows).pairs[0].language == "und"
    (pair,) = built(tmp_path, rows, language="va").pairs
    assert (pair.language, pair.licence) == ("va", "unknown")
    assert pair.lineage[0].detail == "feedback of ours.jsonl"


def test_parquet_holds_the_same(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "ours.parquet", [row("2")])
    (pair,) = read(tmp_path, format="feedback", path=path).pairs
    assert (pair.chosen, pair.rejected) == ("two", "one")


def test_hostile_names_of_models_reach_the_tables_escaped(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "ours.jsonl", [row(models=["a\ud800\x1b[31m", "b" * 5_000])])
    (pair,) = build(tmp_path / "out", {"name": "ours", "format": "feedback", "path": path}).pairs
    assert len(pair.lineage[0].detail) < 500
    assert pair.lineage[0].detail.isprintable()
