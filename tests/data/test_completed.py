"""Pairs that are made: translations of another source, and rejected replies from a model."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from acord.data.build import Surroundings
from acord.data.pairs import Pair
from acord.data.sources.openorca import UNWRITTEN
from acord.errors import InputError

from .chat_server import Reply, completion, last_message, serving
from .samples import NO_FILTERS, Built, build, message, openorca_row, reasons, write_jsonl

needs_apertium = pytest.mark.skipif(shutil.which("apertium") is None, reason="apertium is not installed")


def oasst(folder: Path, name: str, content: list[dict[str, Any]]) -> dict[str, Any]:
    rows = [{**one, "lang": "es"} for one in content]
    return {"name": name, "format": "oasst", "path": write_jsonl(folder / f"{name}.jsonl", rows)}


def translated(name: str, origin: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "translate": {"from": origin, "language": "es", "to": "va", **more}}


def spanish(tree: str, question: str, best: str, worst: str) -> list[dict[str, Any]]:
    """One conversation with one pair; the tree is a letter."""
    ids = (tree, f"{tree}1", f"{tree}2")
    return [
        message(ids[0], None, question),
        message(ids[1], tree, best, rank=0),
        message(ids[2], tree, worst, rank=1),
    ]


OFFICE = spanish("a", "¿Dónde está el archivo?", "Está en la calle mayor, en el número 3.", "No lo sé.")
CODE = spanish("b", "Escribe un bucle.", "Aquí lo tienes:\n\n```python\nfor i in x:\n    print(i)\n```", "¿Por qué?")


def built(folder: Path, *sources: dict[str, Any], **more: Any) -> Built:
    return build(folder / "out", *sources, around=Surroundings(cache=folder / "cache"), **more)


def by_source(result: Built, name: str) -> list[Pair]:
    return [pair for pair in result.pairs if pair.source == name]


@needs_apertium
def test_a_source_is_translated_whole_and_says_where_it_comes_from(tmp_path: Path) -> None:
    result = built(tmp_path, oasst(tmp_path, "es", [*OFFICE, *CODE]), translated("va", "es"))
    office, code = by_source(result, "va")
    originals = by_source(result, "es")
    assert office.prompt == [{"role": "user", "content": "On està l'arxiu?"}]
    assert office.chosen == "És al carrer major, en el número 3."
    assert code.chosen.endswith("```python\nfor i in x:\n    print(i)\n```")
    assert (office.language, office.origin, office.licence) == ("va", "translated", "Apache-2.0")
    step = office.lineage[-1]
    assert (step.step, step.tool) == ("translate", "apertium spa-cat_valencia")
    assert step.detail == f"es to va, from es {originals[0].id}"
    # One conversation, so one split; other replies, so other ids.
    assert office.group == originals[0].group
    assert office.chosen_id == f"{originals[0].chosen_id}/va"
    assert (office.chosen_rank, office.rejected_rank) == (0, 1)
    assert result.figures["rows_by_source"]["va"] == {
        "rows_in": 2, "rows_used": 2, "rows_dropped": 0, "dropped_by_reason": {},
    }  # fmt: skip
    assert result.figures["by_origin"] == {"human": 2, "translated": 2}


@pytest.mark.slow
@needs_apertium
def test_a_conversation_in_two_sources_is_translated_once_although_the_second_gives_no_pair(tmp_path: Path) -> None:
    sources = [oasst(tmp_path, "one", OFFICE), oasst(tmp_path, "two", [*OFFICE, *CODE])]
    result = built(tmp_path, *sources, translated("va", "two"))
    assert [pair.source for pair in result.pairs] == ["one", "two", "va", "va"]
    both = built(tmp_path / "both", *sources, translated("va1", "one"), translated("va2", "two"))
    assert [(pair.source, pair.group) for pair in both.pairs[2:]] == [("va1", "a"), ("va2", "b")]
    assert both.figures["rows_by_source"]["va2"]["dropped_by_reason"] == {"duplicate": 1}


@pytest.mark.slow
@needs_apertium
def test_twins_may_be_left_out(tmp_path: Path) -> None:
    sources = [oasst(tmp_path, "es", [*OFFICE, *CODE]), translated("va", "es")]
    twins = {"near": None, "translated_twins": "drop"}
    none = built(tmp_path, *sources, duplicates=twins)
    assert [pair.language for pair in none.pairs] == ["es", "es"]
    assert none.figures["rows_by_source"]["va"]["dropped_by_reason"] == {"translated twin": 2}
    some = built(tmp_path / "some", *sources, duplicates=twins, quotas={"va": 1, "es": 1})
    assert len({pair.group for pair in some.pairs}) == 2


@pytest.mark.slow
@needs_apertium
def test_what_is_filtered_in_spanish_is_not_translated(tmp_path: Path) -> None:
    shouting = spanish("c", "¿Y ahora?", "Ya está.", "ya está")
    result = built(tmp_path, oasst(tmp_path, "es", [*OFFICE, *shouting]), translated("va", "es"), filters={})
    assert [pair.language for pair in result.pairs] == ["es", "va"]
    assert result.figures["rows_by_source"]["va"]["dropped_by_reason"] == {"replies differ in form only": 1}
    assert [row["source_id"] for row in result.dropped if row["source"] == "va"] == ["c1/c2"]


@needs_apertium
def test_the_recipes_variety_is_a_step_of_the_lineage(tmp_path: Path) -> None:
    content = spanish("a", "¿Cuándo abre este servicio?", "Este servicio ofrece citas hoy.", "No.")
    around = Surroundings(cache=tmp_path / "cache", variety="gva")
    result = build(tmp_path / "out", oasst(tmp_path, "es", content), translated("va", "es"), around=around)
    (pair,) = by_source(result, "va")
    assert pair.chosen == "Este servici oferix cites hui."
    assert pair.lineage[-1].step == "variety"
    assert pair.lineage[-1].detail.startswith("gva: ")
    assert result.figures["flags"]["variety"] == 1


def test_english_is_not_sent_through_apertium(tmp_path: Path) -> None:
    source = {"name": "en", "format": "pairs", "language": "en", "path": write_jsonl(tmp_path / "en.jsonl", [
        {"prompt": "Where?", "chosen": "There.", "rejected": "No."}])}  # fmt: skip
    into = {"name": "va", "translate": {"from": "en", "language": "en", "to": "va"}}
    with pytest.raises(InputError, match="English"):
        built(tmp_path, source, into)


def test_a_model_translates_through_an_endpoint(tmp_path: Path) -> None:
    texts = {"Where is the archive?": "On és l'arxiu?", "In the square.": "En la plaça.", "No idea.": "Ni idea."}
    rows = [{"prompt": "Where is the archive?", "chosen": "In the square.", "rejected": "No idea."}]
    source = {"name": "en", "format": "pairs", "language": "en", "path": write_jsonl(tmp_path / "en.jsonl", rows)}

    def answer(body: dict[str, Any], _: int) -> Reply:
        asked = last_message(body)
        return completion(next(to for text, to in texts.items() if text in asked))

    with serving(answer) as server:
        through = server.endpoint().model_dump()
        into = {"name": "va", "translate": {"from": "en", "language": "en", "to": "va", "through": through}}
        first = built(tmp_path, source, into)
        asked = len(server.bodies)
        again = built(tmp_path, source, into)
        # The cache outlives the build.
        assert len(server.bodies) == asked
    assert [pair.chosen for pair in first.pairs] == ["In the square.", "En la plaça."]
    assert first.pairs == again.pairs


def test_rejected_replies_come_from_a_model(tmp_path: Path) -> None:
    rows = [openorca_row(f"question {number}", f"good {number}") for number in range(6)]

    def answer(body: dict[str, Any], _: int) -> Reply:
        number = int(last_message(body).split()[1])
        if number == 4:
            return completion("good 4")
        return completion(f"poor {number}") if number else Reply(400, b"no")

    with serving(answer) as server:
        source = {
            "name": "orca", "format": "openorca", "path": write_jsonl(tmp_path / "gpt4.jsonl", rows),
            "rejected_from": server.endpoint(model="small").model_dump(),
        }  # fmt: skip
        result = built(tmp_path, source)
        two = built(tmp_path / "two", source, quotas={"en": 2})
    assert [(pair.chosen, pair.rejected) for pair in result.pairs] == [
        (f"good {number}", f"poor {number}") for number in (1, 2, 3, 5)
    ]
    assert (result.pairs[0].lineage[-1].step, result.pairs[0].lineage[-1].tool) == ("rejected", "small")
    assert reasons(result) == {
        "flan.question 0": "no rejected reply from the endpoint",
        "flan.question 4": "chosen equals rejected",
    }
    assert len(two.pairs) == 2
    assert "beyond the quota" in reasons(two).values()
    assert all(UNWRITTEN not in pair.rejected for pair in [*result.pairs, *two.pairs])
    assert len({pair.rejected_id for pair in result.pairs}) == 4


def test_filters_do_not_judge_a_rejected_reply_that_is_still_to_come(tmp_path: Path) -> None:
    good, poor = "a reply of more than twenty characters", "another one of more than twenty"
    rows = [openorca_row("question 1", good), openorca_row("question 2", "short")]
    with serving(lambda body, _: completion(poor if "1" in last_message(body) else "?")) as server:
        source = {
            "name": "orca", "format": "openorca", "path": write_jsonl(tmp_path / "gpt4.jsonl", rows),
            "rejected_from": server.endpoint().model_dump(),
        }  # fmt: skip
        result = built(tmp_path, source, filters={**NO_FILTERS, "min_characters": 20})
    assert [pair.rejected for pair in result.pairs] == [poor]
    assert reasons(result) == {"flan.question 2": "reply has too few characters"}


def test_a_cap_on_requests_stops_the_build_and_a_higher_one_goes_on(tmp_path: Path) -> None:
    rows = [openorca_row(f"question {number}", f"good {number}") for number in range(6)]
    with serving(lambda body, _: completion("poor " + last_message(body))) as server:

        def source(cap: int | None) -> dict[str, Any]:
            endpoint = server.endpoint(max_requests=cap).model_dump()
            path = write_jsonl(tmp_path / "gpt4.jsonl", rows)
            return {"name": "orca", "format": "openorca", "path": path, "rejected_from": endpoint}

        with pytest.raises(InputError, match=r"source orca: max_requests \(4\) is reached. Raise it and run again"):
            built(tmp_path, source(4))
        result = built(tmp_path, source(None))
        assert len(server.bodies) == 6
    assert len(result.pairs) == 6


def test_rejected_replies_that_are_still_to_come_are_not_translated(tmp_path: Path) -> None:
    source = {"name": "orca", "format": "openorca", "path": "x.jsonl", "language": "es",
              "rejected_from": {"url": "http://127.0.0.1/v1", "model": "m"}}  # fmt: skip
    with pytest.raises(ValueError, match="va translates orca, whose rejected replies are yet to come"):
        built(tmp_path, source, translated("va", "orca"))
