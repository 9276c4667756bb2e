import random
import subprocess
import sys
from collections.abc import Sequence

import pytest

from acord.data.near import LEAST_MEETING, PERMUTATIONS, NearDuplicates, bands_for, prompt_words
from acord.data.turns import Turn
from tests.data.samples import HH_TEST, OASST1_VALIDATION, Built, build, real

SYLLABLES = ["ba", "ce", "di", "fo", "gu", "lle", "mar", "nos", "pra", "quin", "ros", "tel", "ui", "ver", "xa"]
QUESTION = (
    "A fisherman from Santa Pola sells 12 boxes of sardines in the morning and 7 in the afternoon; each box holds the "
    "same number of fish. How many boxes has he sold when the market closes, and why?"
)


def ask(*turns: str) -> list[Turn]:
    """A prompt with so many user turns and an answer between each two."""
    prompt: list[Turn] = []
    for turn in turns:
        prompt += [{"role": "user", "content": turn}, {"role": "assistant", "content": "Yes"}]
    return prompt[:-1]


def words(draw: random.Random, number: int) -> list[str]:
    return ["".join(draw.choices(SYLLABLES, k=draw.randint(1, 4))) for _ in range(number)]


def shingles(prompt: Sequence[str]) -> set[tuple[str, ...]]:
    padded = ["<", "<", *prompt, ">", ">"]
    return set(zip(padded, padded[1:], padded[2:], strict=False))


def jaccard(one: Sequence[str], other: Sequence[str]) -> float:
    first, second = shingles(one), shingles(other)
    return len(first & second) / len(first | second)


def changed(draw: random.Random, prompt: list[str], number: int) -> list[str]:
    result = list(prompt)
    for place in draw.sample(range(len(result)), number):
        result[place] = "zz" + result[place]
    return result


def test_a_near_prompt_names_the_conversation_that_came_first() -> None:
    near = NearDuplicates(0.8)
    assert near.first_seen(ask(QUESTION), "first") is None
    assert near.first_seen(ask(QUESTION.replace("fish.", "fishes.")), "second") == "first"
    assert near.first_seen(ask(QUESTION.upper() + " Please"), "third") == "first"
    assert near.first_seen(ask("What else is sold there?"), "third") is None


def test_a_conversation_is_not_its_own_duplicate_and_later_ones_find_all_its_prompts() -> None:
    near = NearDuplicates(0.8)
    assert near.first_seen(ask(QUESTION), "first") is None
    assert near.first_seen(ask(QUESTION), "first") is None
    assert near.first_seen(ask(QUESTION, "And what does one box cost?"), "first") is None
    assert near.first_seen(ask(QUESTION, "And what does one box cost?"), "second") == "first"
    other = " ".join(words(random.Random(1), 40))
    assert near.first_seen(ask(other), "first") is None
    assert near.first_seen(ask(other), "second") == "first"


def test_the_earliest_of_several_is_named() -> None:
    draw, near = random.Random(2), NearDuplicates(0.8)
    base = words(draw, 200)
    for number in range(4):
        # Five words from the base, and ten from each other: 0.86 and 0.74.
        assert near.first_seen(ask(" ".join(changed(draw, base, 5))), f"g{number}") is None
    assert near.first_seen(ask(" ".join(base)), "last") == "g0"
    near = NearDuplicates(0.5)
    for group in ("a", "a", "b"):
        near.first_seen(ask(" ".join(changed(draw, base, 3))), group)
    assert near.first_seen(ask(" ".join(base)), "b") == "a"


def test_short_prompts_match_only_with_the_same_words() -> None:
    near = NearDuplicates(0.35)
    for number, prompt in enumerate(
        ["What is 12 + 7?", "What is 12 + 8?", "What is 12 - 7?", "What is 12 * 7?", "What is 127?", "Hi", "Hi 🙂", "?"]
    ):
        assert near.first_seen(ask(prompt), str(number)) is None, prompt
    assert near.first_seen(ask("what is 12 + 7"), "again") == "0"
    assert near.first_seen(ask("  HI!! "), "again") == "5"


def test_one_number_makes_another_question_up_to_a_length() -> None:
    near = NearDuplicates(0.8)
    assert near.first_seen(ask(QUESTION), "first") is None
    assert near.first_seen(ask(QUESTION.replace("12 boxes", "13 boxes")), "second") is None
    long = " ".join(words(random.Random(3), 300))
    assert near.first_seen(ask(f"{long} It was the year 1957."), "third") is None
    assert near.first_seen(ask(f"{long} It was the year 1958."), "fourth") == "third"


def test_words_are_read_without_case_marks_and_bullets_and_characters_apart_where_no_spaces_are() -> None:
    assert prompt_words(ask("- «Hola», món!\n", "Un 5% més?")) == ["hola", "món", "un", "5%", "més"]
    assert prompt_words(ask("你好 abc")) == ["你", "好", "abc"]
    near = NearDuplicates(0.8)
    chinese = "".join(chr(0x4E00 + number * 37 % 5000) for number in range(80))
    assert near.first_seen(ask(chinese), "first") is None
    assert near.first_seen(ask(chinese[:40] + "很" + chinese[40:]), "second") == "first"


def test_the_user_alone_is_compared() -> None:
    near = NearDuplicates(0.8)
    system: list[Turn] = [{"role": "system", "content": "Be brief."}]
    near.first_seen(system + ask("Name a fish"), "first")
    assert near.first_seen(ask("Name a fish"), "second") == "first"
    assert near.first_seen(system + ask("Name a bird"), "third") is None


@pytest.mark.parametrize("threshold", [0.31, 0.5, 0.7, 0.8, 0.9, 1.0])
def test_bands_let_prompts_at_the_threshold_meet(threshold: float) -> None:
    bands = bands_for(threshold)
    assert bands.number * bands.rows <= PERMUTATIONS
    assert 1 - (1 - threshold**bands.rows) ** bands.number >= LEAST_MEETING
    assert (bands_for(0.8), bands_for(1.0)) == ((32, 8), (8, 32))


@pytest.mark.slow
def test_recall_beyond_the_threshold_and_precision_below_it() -> None:
    """The estimate's standard error at 0.8 is 0.025: two of them on either side decide."""
    draw, near = random.Random(4), NearDuplicates(0.8)
    bases = [words(draw, draw.randint(60, 160)) for _ in range(1_500)]
    assert all(near.first_seen(ask(" ".join(base)), f"b{number}") is None for number, base in enumerate(bases))
    tally: dict[str, list[bool]] = {"over": [], "under": []}
    for number, base in enumerate(bases):
        copy = changed(draw, base, draw.randint(1, len(base) // 10))
        similarity = jaccard(base, copy)
        found = near.first_seen(ask(" ".join(copy)), f"c{number}")
        assert found in (None, f"b{number}")
        if similarity >= 0.85:
            tally["over"].append(found is not None)
        elif similarity < 0.75:
            tally["under"].append(found is not None)
    assert min(map(len, tally.values())) > 150
    assert sum(tally["over"]) / len(tally["over"]) >= 0.98
    assert sum(tally["under"]) / len(tally["under"]) <= 0.02


def test_copies_are_found_among_many_that_share_a_template() -> None:
    draw, near = random.Random(5), NearDuplicates(0.8)
    head = words(draw, 60)
    prompts = [head + words(draw, 20) for _ in range(1_000)]
    assert sum(near.first_seen(ask(" ".join(one)), f"p{number}") is not None for number, one in enumerate(prompts)) == 0
    found = [
        near.first_seen(ask(" ".join(changed(draw, prompts[n], 2))), "copy") == f"p{n}" for n in range(0, 1_000, 10)
    ]
    assert sum(found) >= 98


@pytest.mark.slow
def test_growing_forgets_nothing() -> None:
    draw, near = random.Random(6), NearDuplicates(0.9)
    prompts = [" ".join(words(draw, 24)) for _ in range(3_000)]
    assert not any(near.first_seen(ask(prompt), f"p{number}") for number, prompt in enumerate(prompts))
    assert all(near.first_seen(ask(prompt + "!"), "again") == f"p{number}" for number, prompt in enumerate(prompts))


SCRIPT = """
import random
from acord.data.near import NearDuplicates
draw, near, found = random.Random(7), NearDuplicates(0.8), []
bases = [[draw.choice("abcdefgh") * draw.randint(1, 9) for _ in range(60)] for _ in range(60)]
for number in range(400):
    base = list(draw.choice(bases))
    for _ in range(draw.randint(0, 6)):
        base[draw.randrange(60)] = "changed"
    found.append(near.first_seen([{"role": "user", "content": " ".join(base)}], str(number)))
print(found)
"""


@pytest.mark.slow
def test_other_processes_and_hash_seeds_find_the_same() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert 50 < outputs.pop().count("'") / 2 < 400


@pytest.mark.parametrize("content", ["", "\ud800" * 30, "\x00 " * 40, "a " * 100_000, "é\u0301" * 500])
def test_any_text_has_an_answer(content: str) -> None:
    near = NearDuplicates(0.8)
    assert near.first_seen(ask(content), "one") is None
    assert near.first_seen(ask(content), "two") == "one"


@pytest.mark.slow
@pytest.mark.parametrize(("file", "source", "found"), [
    (OASST1_VALIDATION, {"format": "oasst"}, 0), (HH_TEST, {"format": "hh", "language": "en"}, 1)
])  # fmt: skip
def test_real_prompts_are_hardly_ever_near(tmp_path, file, source, found) -> None:  # type: ignore[no-untyped-def]
    built: Built = build(tmp_path / "pairs", {"name": "real", "path": real(file), **source})
    near = NearDuplicates(0.8)
    assert sum(near.first_seen(pair.prompt, pair.group) is not None for pair in built.pairs) == found
