import pytest

from acord.data.filters.repetition import REASON, _looping, repetition
from tests.data.filters.samples import pair

PROSE = (
    "The river comes down from the hills and turns twice before it meets the sea. Fishermen mend their nets on the "
    "north bank, where the wind is kinder, and sell what they caught before noon. "
)
POEM = """The lamp is low, the night is long,
and still the sea comes in.
I write the first line of a song,
and still the sea comes in.
The boats are tied, the nets are dry,
and still the sea comes in.
A gull is late across the sky,
and still the sea comes in.
The baker lights his oven soon,
and still the sea comes in.
There is no bread without a moon,
and still the sea comes in."""
PLAN = "\n".join(f"{day}:\n- Warm up for ten minutes\n- Run for half an hour\n- Stretch and rest\n" for day in
                 ("Monday", "Wednesday", "Friday", "Saturday"))  # fmt: skip
TABLE = "| name | yes or no | yes or no again |\n|---|---|---|\n" + "| one | yes | no |\n" * 30
CODE = (
    "Here it is:\n```python\n" + "result.append(value + 1)\n" * 30 + "```\nThat is all that is needed to fill the list."
)
NUMBERS = "The rows are:\n" + "0 0 0 1 0 0\n" * 20
SONG_ENDING = POEM + "\nAnd still the sea, and still the sea, and still the sea comes in."


@pytest.mark.parametrize(
    ("reply", "detail"),
    [
        (PROSE + "I like it very much. " * 12, "times on end"),
        ("and then he said " * 15, "4 words 15 times on end"),
        (PROSE + "no " * 40, "1 words 40 times on end"),
        (PROSE * 2, "said before"),
        ("Bon dia a tothom i moltes gràcies per vindre. " * 8, "times on end"),
        ("Muchas gracias por su paciencia y por su ayuda. " * 8, "times on end"),
        ("谢谢您的耐心等待。" * 9, "times on end"),
        ("ขอบคุณมากครับ" * 9, "times on end"),
        ("Большое спасибо за помощь. " * 9, "times on end"),
        ("\n".join(f"{n}. Ask the computer for access to a network" for n in range(1, 12)), "times on end"),
        (" ".join(f"{PROSE[n:][:15]}. It is what it is and no more." for n in range(0, 90, 15)), "sentence 6 times"),
    ],
)  # fmt: skip
def test_circles_are_found_in_every_language(reply: str, detail: str) -> None:
    fault = repetition(pair(chosen=reply))
    assert fault is not None
    assert fault.reason == REASON
    assert detail in fault.detail


@pytest.mark.parametrize(
    "reply",
    [PROSE, POEM, SONG_ENDING, PLAN, TABLE, CODE, NUMBERS, "ha ha ha ha", "No. No. No. No.", PROSE + "Ha, ha, ha, ha!"],
    ids=["prose", "poem", "song", "plan", "table", "code", "numbers", "laugh", "no", "end"],
)
def test_poems_lists_tables_and_code_stay(reply: str) -> None:
    assert repetition(pair(chosen=reply)) is None


def test_who_asks_for_repetition_gets_it_and_the_rejected_reply_is_not_judged() -> None:
    loop = "I will be on time. " * 20
    assert repetition(pair("What now?", loop)) is not None
    assert repetition(pair("Write 'I will be on time' 20 times", loop)) is None
    assert repetition(pair("Repetix la frase", loop)) is None
    assert repetition(pair(chosen=PROSE, rejected=loop)) is None


def test_three_copies_are_emphasis_and_four_a_loop() -> None:
    unit = ["keep", "all", "your", "receipts", "in", "a", "box"]
    assert _looping(unit * 3) is None
    assert _looping(unit * 4) == "7 words 4 times on end"
