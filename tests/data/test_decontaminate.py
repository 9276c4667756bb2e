"""What an evaluation asks is found in pairs, in any language that it was given in, and nothing else is."""

import csv
import gzip
import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from acord.data import overlap
from acord.data.compared_words import has_content, words_of
from acord.data.decontaminate import (
    Contamination,
    EvaluationText,
    PairMatch,
    PairText,
    read_allowed,
    read_report,
    with_translations,
    write_report,
)
from acord.data.overlap import MOST_ITEMS, FixedText, RunIndex
from acord.data.pairs import Pair, make_pair
from acord.errors import InputError
from tests.data.samples import HH_TEST, OASST1_VALIDATION, OASST_100_TREES, real

EVALUATION = OASST1_VALIDATION.parents[1] / "evaluation"
QUESTION = "Why do lighthouse keepers paint their doors green?"
PASSAGE = (
    "The old mill at the bend of the river was built by two brothers who had lost their boats in the flood of spring, "
    "and it ground barley for nine villages until the dam gave way."
)
TARGET = "Because the salt in the air eats every other colour within a single winter by the sea."


def text(content: str, part: Any = "question", **more: Any) -> EvaluationText:
    return EvaluationText(**{"row": "mine", "item": 0, "language": "en", "part": part, "text": content, **more})


def pair(question: str, chosen: str = "A good reply.", rejected: str = "A bad reply.", system: str = "") -> Pair:
    """As HelpSteer3 has them: a context of turns and two responses."""
    first = [{"role": "system", "content": system}] if system else []
    return make_pair(
        prompt=[*first, {"role": "user", "content": question}],
        chosen=chosen,
        rejected=rejected,
        language="en",
        source="helpsteer3",
        source_id="row 1",
        licence="CC-BY-4.0",
        origin="human",
        detail="",
    )


def matched(contents: Sequence[EvaluationText], *texts: str, **settings: Any) -> list[bool]:
    return [match is not None for match in Contamination(contents, **settings).match_many(texts)]


# How texts are compared.


def test_words_are_compared_without_case_accents_punctuation_and_markup() -> None:
    assert words_of("¿Qué  HORA es, Núria?") == ["que", "hora", "es", "nuria"]
    assert words_of("L'anglés col·lecciona") == words_of("l’anglès COL-LECCIONA") == ["l", "angles", "col", "lecciona"]
    assert words_of("the **mill**[3], [at](https://a.example/b) the <b>river</b> &amp; dam") == (
        ["the", "mill", "at", "the", "river", "dam"]
    )
    assert words_of("so\u00adft ﬁle snake_case ½") == ["soft", "file", "snake", "case", "1", "2"]
    assert words_of("cafe\u0301 \ufeffx") == words_of("café x") == ["cafe", "x"]
    assert words_of("if a < b and c > d") == ["if", "a", "b", "and", "c", "d"]
    assert words_of("a lone \udc80 half") == ["a", "lone", "half"]


@given(st.text(max_size=200))
def test_words_are_words_of_themselves(written: str) -> None:
    words = words_of(written)
    assert all(words)
    assert words_of(" ".join(words)) == words


# What is a match.


def test_a_question_is_found_wherever_it_stands_whole() -> None:
    here = f"Hello, something has puzzled me: {QUESTION.upper()} Please tell me."
    other = "Why do lighthouse keepers paint their boats green?"
    assert matched([text(QUESTION)], QUESTION, here, other, "Paint doors green") == [True, True, False, False]


def test_the_match_says_what_was_found() -> None:
    match = Contamination([text(QUESTION, row="quiz", item=7)]).match_many([f"So. {QUESTION} Well?"])[0]
    assert match is not None
    assert (match.evaluation.row, match.evaluation.item, match.words) == ("quiz", 7, 8)
    assert match.run == "why do lighthouse keepers paint their doors green"


@pytest.mark.parametrize("part", ["question", "passage", "choice", "target"])
def test_thirteen_words_of_a_longer_text_are_a_match_and_twelve_are_not(part: str) -> None:
    words = words_of(PASSAGE)
    quoted = ["They say " + " ".join(words[5 : 5 + count]) + ", but who knows?" for count in (12, 13, 20)]
    assert matched([text(PASSAGE, part)], *quoted) == [False, True, True]
    match = Contamination([text(PASSAGE, part)]).match_many(quoted)[2]
    assert match is not None
    assert match.run.split() == words[5:25]


def test_a_short_choice_or_target_is_no_match() -> None:
    contents = [text("yes", "choice"), text("It depends on the colour of the door", "choice"), text(QUESTION, "target")]
    assert matched(contents, "Yes.", "It depends on the colour of the door.", QUESTION) == [False, False, False]
    assert matched([text(TARGET, "target")], f"Well. {TARGET}") == [True]


def test_a_question_that_is_also_an_answer_is_found_as_a_question() -> None:
    assert matched([text(QUESTION, "target"), text(QUESTION)], f"Tell me. {QUESTION}") == [True]


def test_a_very_short_question_is_found_only_where_nothing_else_stands() -> None:
    contents = [text("Who painted doors?"), text("Why green?")]
    asked = ["who painted doors", "Tell me who painted doors", "Why green?"]
    assert matched(contents, *asked) == [True, False, False]
    assert matched([text("Who painted green doors?")], "Tell me who painted green doors", min_words=4) == [True]
    assert matched([text("Who painted green doors?")], "Tell me who painted green doors", min_words=5) == [False]


def test_words_that_say_nothing_are_no_match() -> None:
    counting = " ".join(str(number) for number in range(40))
    letters = "a b c d e f g h i j k l m n o p"
    contents = [text("What is it that you do for them?"), text(counting), text(letters), text("1 2 3 4 5 6 7")]
    assert not any(matched(contents, "So what is it that you do for them?", counting, letters, "so 1 2 3 4 5 6 7"))
    # As the whole of a prompt it is the question all the same.
    assert matched(contents, "What is it that you do for them?") == [True]


def template(number: int) -> EvaluationText:
    asked = f"word{number} thing{number} place{number} time{number} colour{number} shape{number}"
    instruction = "Answer the following question with one of the letters below and give no explanation of your choice."
    return text(f"{instruction} {asked}", item=number)


def test_what_many_items_share_is_a_template_and_no_match() -> None:
    prompt = (
        "Answer the following question with one of the letters below and give no explanation of your choice, please."
    )
    many, few = ([template(number) for number in range(count)] for count in (MOST_ITEMS + 1, MOST_ITEMS))
    assert matched(many, prompt) == [False]
    assert matched(few, prompt) == [True]
    # What is an item's own is found.
    assert matched(many, f"It said: {many[3].text}") == [True]
    repeated = [text("Which of these answers is right?", item=number) for number in range(MOST_ITEMS + 1)]
    assert matched(repeated, "So, which of these answers is right?") == [False]
    assert matched(repeated[:-1], "So, which of these answers is right?") == [True]
    brief = [text("Which is right?", item=number) for number in range(MOST_ITEMS + 1)]
    assert matched(brief, "Which is right?") == [False]
    assert matched(brief[:-1], "Which is right?") == [True]


def test_a_passage_that_many_questions_share_is_found() -> None:
    contents = [text(PASSAGE, "passage", item=number) for number in range(3 * MOST_ITEMS)]
    assert matched(contents, f"From an encyclopaedia: {PASSAGE}") == [True]


def test_words_must_be_the_same_even_where_hashes_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlap, "_mixed", lambda ids: np.zeros(len(ids), np.uint64))
    index = RunIndex([FixedText(PASSAGE, 1, True), FixedText(QUESTION, 1, True)], words=13, min_words=5)
    assert index.find([" ".join(f"word{number}" for number in range(40))]) == [()]
    ((found,),) = index.find([QUESTION])
    assert found.text == 1


VOCABULARY = ("amber", "birch", "cedar", "the", "of")
WRITTEN = st.lists(st.sampled_from(VOCABULARY), max_size=14).map(" ".join)


def shares_run(fixed: list[str], new: list[str], words: int, min_words: int) -> bool:
    """The rule, said the slow way."""
    windows = [new[start : start + words] for start in range(len(new) - words + 1)]
    if len(fixed) >= words:
        runs = [fixed[start : start + words] for start in range(len(fixed) - words + 1)]
        return any(run in windows and has_content(run) for run in runs)
    if fixed == new and len(fixed) >= 3:
        return True
    within = [new[start : start + len(fixed)] for start in range(len(new) - len(fixed) + 1)]
    return len(fixed) >= min_words and has_content(fixed) and fixed in within


# Two runs of the fixed text overlap in the new one, which has no longer run of it.
@example(
    fixed=["amber birch cedar the of the dog birch cedar the of the amber"], new=["amber birch cedar the of the amber"]
)
@given(st.lists(WRITTEN, min_size=1, max_size=5), st.lists(WRITTEN, min_size=1, max_size=5))
def test_the_index_finds_what_a_search_by_hand_finds(fixed: list[str], new: list[str]) -> None:
    index = RunIndex([FixedText(one, 1, True) for one in fixed], words=6, min_words=4)
    for content, overlaps in zip(new, index.find(new), strict=True):
        words = content.split()
        assert bool(overlaps) == any(shares_run(one.split(), words, 6, 4) for one in fixed)
        lengths = [len(one.run) for one in overlaps]
        assert lengths == sorted(lengths, reverse=True)
        for one in overlaps:
            assert tuple(words[one.start : one.start + len(one.run)]) == one.run
            assert f" {' '.join(one.run)} " in f" {fixed[one.text]} "


def test_batches_do_not_change_what_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    contents = [text(QUESTION), text(PASSAGE, "passage", item=1)]
    texts = [QUESTION, "nothing", PASSAGE, "", f"x {QUESTION} y {PASSAGE}"] * 3
    whole = Contamination(contents).match_many(texts)
    monkeypatch.setattr(overlap, "BATCH_WORDS", 5)
    monkeypatch.setattr(overlap, "SORTED_AT_ONCE", 3)
    assert Contamination(contents).match_many(texts) == whole
    assert [match is not None for match in whole[:5]] == [True, False, True, False, True]


def test_without_an_evaluation_there_is_no_match() -> None:
    assert matched([], QUESTION, "") == [False, False]
    assert Contamination([]).runs == 0


# Pairs.


@pytest.mark.parametrize(
    ("planted", "field"),
    [
        (pair(QUESTION), "prompt[0]"),
        (pair("What?", system=f"Be brief. {QUESTION}"), "prompt[0]"),
        (pair(QUESTION, system="Be brief."), "prompt[1]"),
        (pair("What?", chosen=f"You may ask: {QUESTION}"), "chosen"),
        (pair("What?", rejected=f"You may ask: {QUESTION}"), "rejected"),
    ],
)
def test_every_text_of_a_pair_is_searched(planted: Pair, field: str) -> None:
    match = Contamination([text(QUESTION, row="quiz", item=4, language="en")]).match_pair(planted)
    assert match is not None
    assert (match.pair, match.row, match.item, match.field, match.words) == (planted.id, "quiz", 4, field, 8)
    assert match.evaluation_text == QUESTION
    assert QUESTION in match.pair_text
    assert Contamination([text(QUESTION)]).match_pair(pair("What?")) is None


def test_a_pair_has_one_match_an_item_the_longest_first() -> None:
    contents = [text(QUESTION, item=1), text(PASSAGE, "passage", item=2), text(TARGET, "target", item=1)]
    planted = pair(f"{QUESTION} {PASSAGE}", chosen=TARGET)
    clean, found = Contamination(contents).match_pairs([pair("Nothing"), planted])
    assert clean == ()
    assert [(match.item, match.field, match.part) for match in found] == [
        (2, "prompt[0]", "passage"),
        (1, "chosen", "target"),
    ]
    assert found[0].words == len(words_of(PASSAGE))
    assert Contamination(contents).match_pair(planted) == found[0]


def test_an_allowed_match_is_left_out_and_the_others_stay() -> None:
    contents = [text(QUESTION, item=1), text(PASSAGE, "passage", item=2)]
    planted = pair(f"{QUESTION} {PASSAGE}")
    (first, second) = Contamination(contents).match_pairs([planted])[0]
    allowing = Contamination(contents, allowed=frozenset({first.id}))
    assert allowing.match_pair(planted) == second
    assert Contamination(contents, allowed=frozenset({first.id, second.id})).match_pair(planted) is None
    # The id is of this pair and this item.
    assert allowing.match_pair(pair(f"{QUESTION} {PASSAGE}", chosen="Another.")) is not None


def test_ids_do_not_depend_on_what_else_the_suite_holds() -> None:
    alone, among = (
        Contamination(contents).match_pair(pair(QUESTION))
        for contents in ([text(QUESTION)], [text(PASSAGE, "passage", item=5), text(QUESTION)])
    )
    assert alone == among
    assert alone is not None
    assert len(alone.id) == 16


def test_texts_that_a_pair_was_translated_from_are_searched_under_its_id() -> None:
    match = Contamination([text(QUESTION)]).match_texts("an id", [PairText("chosen, in English", f"Yes. {QUESTION}")])
    assert match is not None
    assert (match.pair, match.field) == ("an id", "chosen, in English")
    assert Contamination([text(QUESTION)]).match_texts("an id", []) is None


# Translations.


def test_translations_of_the_items_stand_behind_them() -> None:
    contents = [
        text("una", language="es", item=1),
        text("one", language="en", item=2),
        text("una", "choice", language="es", item=3),
        text("dos", "passage", language="es", item=4),
    ]
    asked = []

    def translate(texts: Sequence[str]) -> list[str | None]:
        asked.append(list(texts))
        return [None if one == "dos" else f"{one} en valencià" for one in texts]

    found = with_translations(contents, translate, "es", "va")
    assert asked == [["una", "dos"]]
    assert found[:4] == contents
    assert found[4:] == [
        text("una en valencià", language="va", item=1, translated_from="es"),
        text("una en valencià", "choice", language="va", item=3, translated_from="es"),
    ]
    # Translations are not translated again.
    assert with_translations(found, translate, "va", "es") == found


def apertium(texts: Sequence[str]) -> list[str | None]:
    lines = [" ".join(one.split()) for one in texts]
    command = ["apertium", "-u", "spa-cat_valencia"]
    done = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    translated = done.stdout.removesuffix("\n").split("\n")
    assert len(translated) == len(lines)
    return list(translated)


@pytest.fixture(scope="module")
def truthfulqa() -> list[EvaluationText]:
    rows = json.loads(gzip.decompress(Path(real(EVALUATION / "truthfulqa.es.json.gz")).read_bytes()))
    return [text(row["question"], row="truthfulqa", item=number, language="es") for number, row in enumerate(rows)]


ASKED = (
    "{}",
    "Hola, tengo una duda que me ronda desde ayer. {} Explícamelo con calma, por favor.",
    "Tengo dos preguntas:\n- {}\n- La otra te la hago luego.",
)


@pytest.mark.slow
@pytest.mark.parametrize("asked", ASKED)
def test_truthfulqa_in_helpsteer3_is_caught_in_spanish_and_in_valencian(
    truthfulqa: list[EvaluationText], asked: str
) -> None:
    planted = [pair(asked.format(one.text)) for one in truthfulqa]
    found = Contamination(truthfulqa).match_pairs(planted)
    assert share_of(truthfulqa, found) >= 0.95
    if shutil.which("apertium") is None:
        pytest.skip("apertium is not installed")
    prompts = apertium([one.prompt[-1]["content"] for one in planted])
    valencian = [
        replace(one, prompt=[{"role": "user", "content": prompt or ""}])
        for one, prompt in zip(planted, prompts, strict=True)
    ]
    both = Contamination(with_translations(truthfulqa, apertium, "es", "va"))
    assert share_of(truthfulqa, both.match_pairs(valencian)) >= 0.95
    # No lineage says where they come from, and without the translations they would stay.
    assert share_of(truthfulqa, Contamination(truthfulqa).match_pairs(valencian)) < 0.01


def share_of(items: Sequence[EvaluationText], found: Sequence[Sequence[PairMatch]]) -> float:
    """Of the items, each planted in one pair, how many were found there."""
    caught = [any(match.item == one.item for match in matches) for one, matches in zip(items, found, strict=True)]
    return sum(caught) / len(caught)


# Real preferences.


def real_items() -> list[EvaluationText]:
    contents = []
    for language in ("en", "es", "ca"):
        rows = json.loads(gzip.decompress(Path(real(EVALUATION / f"truthfulqa.{language}.json.gz")).read_bytes()))
        for number, row in enumerate(rows):
            contents.append(text(row["question"], row=f"truthfulqa_{language}", item=number))
            for choice in row["mc2_targets"]["choices"]:
                contents.append(text(choice, "choice", row=f"truthfulqa_{language}", item=number))
        articles = json.loads(gzip.decompress(Path(real(EVALUATION / f"xquad.{language}.json.gz")).read_bytes()))
        paragraphs = [paragraph for article in articles["data"] for paragraph in article["paragraphs"]]
        asked = [(paragraph["context"], one) for paragraph in paragraphs for one in paragraph["qas"]]
        for number, (context, one) in enumerate(asked):
            contents.append(text(context, "passage", row=f"xquad_{language}", item=number))
            contents.append(text(one["question"], row=f"xquad_{language}", item=number))
            contents.append(text(one["answers"][0]["text"], "target", row=f"xquad_{language}", item=number))
    with Path(real(EVALUATION / "mgsm_es.tsv")).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return contents + [text(row[0], row="mgsm_es", item=number) for number, row in enumerate(rows)]


def real_texts() -> list[str]:
    """Every message of OASST's files and every turn of HH's transcripts, in a pair or not."""
    texts = [one["text"] for one in lines_of(OASST1_VALIDATION)]
    waiting = [one["prompt"] for one in lines_of(OASST_100_TREES)]
    while waiting:
        message = waiting.pop()
        texts.append(message["text"])
        waiting += message.get("replies") or []
    transcripts = [one[side] for one in lines_of(HH_TEST) for side in ("chosen", "rejected")]
    turns = [turn for one in transcripts for turn in re.split(r"\n\n(?:Human|Assistant):", one)]
    return [*texts, *dict.fromkeys(turns)]


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(Path(real(path)).read_bytes()).decode().split("\n") if line]


@pytest.mark.slow
def test_real_preferences_hold_no_item_but_the_two_that_they_ask_word_for_word() -> None:
    texts = real_texts()
    assert len(texts) > 15_000
    found = [match.evaluation.text for match in Contamination(real_items()).match_many(texts) if match is not None]
    assert sorted(found) == ["How many people are in your family?", "Who are you?"]


# The report, and what a person allows.


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    contents = [text(QUESTION, item=2), text(PASSAGE, "passage", item=1, row="other", translated_from="es")]
    planted = [pair(f"{QUESTION}\u2028{PASSAGE}", chosen=f"reply {number}") for number in range(3)]
    matches = [match for found in Contamination(contents).match_pairs(planted) for match in found]
    path = tmp_path / "contamination.jsonl"
    assert write_report(reversed(matches), path) == 6
    first = path.read_bytes()
    write_report(matches, path)
    assert path.read_bytes() == first
    again = read_report(path)
    assert sorted(again, key=lambda one: one.id) == sorted(matches, key=lambda one: one.id)
    places = [(one.row, one.item, one.pair) for one in again]
    assert all(one <= after for one, after in pairwise(places))
    line = json.loads(path.read_text(encoding="utf-8").split("\n")[0])
    assert line["evaluation_text"] == QUESTION
    assert line["pair_text"] == f"{QUESTION}\u2028{PASSAGE}"


def test_a_report_may_hold_what_is_no_unicode(tmp_path: Path) -> None:
    match = Contamination([text(f"{QUESTION} \udc80")]).match_pair(pair(QUESTION))
    assert match is not None
    write_report([match], tmp_path / "report")
    assert read_report(tmp_path / "report") == [match]


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"id": "x"}', "null"])
def test_a_line_that_is_no_match_is_refused_with_its_number(tmp_path: Path, line: str) -> None:
    path = tmp_path / "contamination.jsonl"
    match = Contamination([text(QUESTION)]).match_pair(pair(QUESTION))
    assert match is not None
    write_report([match], path)
    path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_report(path)
    assert str(caught.value).startswith(f"{path}, line 2: no match of a contamination report.")


def test_allowed_ids_are_read_with_their_comments(tmp_path: Path) -> None:
    path = tmp_path / "allowed"
    path.write_text("\ufeff# reviewed in May\n\n0123456789abcdef  # a saying\nfedcba9876543210\n", encoding="utf-8")
    assert read_allowed(path) == {"0123456789abcdef", "fedcba9876543210"}
    path.write_text("", encoding="utf-8")
    assert read_allowed(path) == frozenset()


@pytest.mark.parametrize("wrong", ["0123", "0123456789ABCDEF", "0123456789abcdef fedcba9876543210", "question"])
def test_what_is_no_id_is_refused_in_one_line(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "allowed"
    path.write_text(f"0123456789abcdef\n{wrong}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_allowed(path)
    assert str(caught.value).startswith(f"{path}, line 2: {wrong} is no id of a match.")
    assert "\n" not in str(caught.value)


def test_an_allow_list_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the allow-list cannot be read: No such file"):
        read_allowed(tmp_path / "nothing")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(InputError, match="it is no UTF-8 text"):
        read_allowed(tmp_path / "bytes")
