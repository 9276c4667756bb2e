"""The way of a text: segments, checks, smaller parts, refusals, cache."""

import re
from pathlib import Path

from acord.data.translate import CHECK, LONGEST_SEGMENT, LONGEST_TEXT, LOST, TOO_LONG, Untranslated
from tests.data.translate.samples import FunctionBackend, with_backend


def louder(text: str) -> str:
    """Stands for a translation: same signs, other words."""
    return text.upper()


def test_texts_come_back_in_order_with_their_structure(tmp_path: Path) -> None:
    backend = FunctionBackend(louder)
    with with_backend(backend, tmp_path) as made:
        texts = ["# hola `y`\n\n- uno\n- dos", "", "12 %", "hola", "\ud800 y \U000f0000", " uno ", "```\nno\n```"]
        assert made.translate(texts) == [
            "# HOLA `y`\n\n- UNO\n- DOS", "", "12 %", "HOLA", "\ud800 Y \U000f0000", " UNO ", "```\nno\n```",
        ]  # fmt: skip
        assert backend.asked == ["hola \U000f0000", "uno", "dos", "hola", "\U000f0000 y \U000f0001"]  # each once
    assert backend.closed


def test_a_failing_segment_is_translated_in_ever_smaller_parts(tmp_path: Path) -> None:
    def breaks_long_ones(text: str) -> str:
        return louder(text) if len(text) < 12 else louder(text).replace(".", "").replace("\n", " ")

    backend = FunctionBackend(breaks_long_ones)
    with with_backend(backend, tmp_path) as made:
        text = "la primera línea\ny la otra. el fin, y más."
        assert made.translate([text, "corto."]) == ["LA PRIMERA LÍNEA\nY LA OTRA. EL FIN, Y MÁS.", "CORTO."]
        assert backend.asked == [
            text, "corto.",  # the paragraph
            "la primera línea", "y la otra. el fin, y más.",  # its lines; the first one holds every check
            "y la otra.", "el fin, y más.",  # sentences
            "el fin", "y más.",  # clauses
        ]  # fmt: skip
        assert made.counts.parted == 3


def test_what_fails_in_its_smallest_part_is_refused_and_the_rest_is_not(tmp_path: Path) -> None:
    backend = FunctionBackend(lambda text: text.replace("7", "8").upper())
    with with_backend(backend, tmp_path) as made:
        good, bad = made.translate(["uno", "dos\n\nson 7 casas"])
        assert good == "UNO"
        assert isinstance(bad, Untranslated)
        assert bad.reason == CHECK
        assert bad.detail == "numbers: 7 became 8, in: son 7 casas"


def test_marks_that_moved_are_translated_apart(tmp_path: Path) -> None:
    def merges(text: str) -> str:
        marks = re.findall("[\U00100000-\U0010ffff]", text)
        return f"{marks[0]}MENJARÉ{marks[1]}  {marks[2]}{marks[3]}" if len(marks) == 4 else louder(text)

    with with_backend(FunctionBackend(merges), tmp_path) as made:
        assert made.translate(["**voy** a **comer**"]) == ["**VOY** A **COMER**"]


def test_what_the_translator_lost_is_not_asked_for_again_in_parts(tmp_path: Path) -> None:
    lost = Untranslated(LOST, "ended")
    backend = FunctionBackend(lambda text: lost if "mal" in text else louder(text))
    with with_backend(backend, tmp_path) as made:
        assert made.translate(["uno, mal. y dos", "tres"]) == [lost, "TRES"]
    assert backend.asked == ["uno, mal. y dos", "tres"]


def test_long_texts(tmp_path: Path) -> None:
    sentence = "esto es largo. "
    with with_backend(backend := FunctionBackend(louder), tmp_path) as made:
        long = (sentence * (LONGEST_SEGMENT // len(sentence) + 1)).strip()
        result, refused, unbroken = made.translate([long, "a" * (LONGEST_TEXT + 1), "a" * (LONGEST_SEGMENT + 1)])
        assert result == long.upper()
        assert isinstance(refused, Untranslated)
        assert refused.reason == TOO_LONG
        assert isinstance(unbroken, Untranslated)
        assert unbroken.reason == TOO_LONG
    assert max(map(len, backend.asked)) <= LONGEST_SEGMENT


def test_translations_are_kept_by_content_and_scope(tmp_path: Path) -> None:
    first, second, third = (FunctionBackend(louder) for _ in range(3))
    with with_backend(first, tmp_path) as made:
        made.translate(["hola `uno`", "mal 7"])
    with with_backend(second, tmp_path) as made:
        assert made.translate(["hola `dos`", "nuevo"]) == ["HOLA `dos`", "NUEVO"]
        assert second.asked == ["nuevo"]  # what stands in the mask's place decides nothing
        assert made.counts == (1, 1, 0)
    with with_backend(third, tmp_path, scope=("other",)) as made:
        made.translate(["hola `uno`"])
    assert third.asked == ["hola \U000f0000"]


def test_what_was_refused_is_not_kept(tmp_path: Path) -> None:
    with with_backend(FunctionBackend(lambda text: text + "!"), tmp_path) as made:
        assert isinstance(made.translate(["hola"])[0], Untranslated)
    with with_backend(FunctionBackend(louder), tmp_path) as made:
        assert made.translate(["hola"]) == ["HOLA"]
