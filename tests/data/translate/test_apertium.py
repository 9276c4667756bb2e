"""Apertium: how it is found and fed, what happens when it dies, and what it really does."""

import os
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acord.data.translate import LOST, Translator, Untranslated, translator
from acord.data.translate.apertium import CHUNK, Apertium, Pipe
from acord.data.translate.mask import mask
from acord.data.translate.programs import Mode, commands_of, find_mode
from acord.data.translate.result import CHECK
from acord.errors import InputError
from tests.data.translate.samples import apertium, needs_apertium
from tests.data.translate.samples import settings as recipe_settings

# A stage that upper-cases what it is fed, and dies, hangs or swallows where the text says so.
STAGE = """
import os, sys, time
rest = b""
while block := os.read(0, 65536):
    *whole, rest = (rest + block).split(b"\\0")
    for one in whole:
        if b"die always" in one or (b"die once" in one and not os.path.exists(sys.argv[1])):
            open(sys.argv[1], "w").close()
            os._exit(3)
        if b"hang" in one:
            time.sleep(60)
        out = one.replace(b" .[", b"[") if b"swallow" in one else one
        out = b"x[999]" if b"stray" in one else out
        os.write(1, (out.decode().upper() + "\\0").encode())
"""
COPY = "import os\nwhile block := os.read(0, 65536): os.write(1, block)"


def stages(folder: Path) -> list[list[str]]:
    python = [sys.executable, "-c"]
    return [[*python, COPY], [*python, STAGE, str(folder / "died")], [*python, COPY]]


def test_a_stream_of_segments_comes_back(tmp_path: Path) -> None:
    pipe = Pipe(stages(tmp_path))
    try:
        texts = ["hola", "a\nb", "[x] ^y$ \\ / {z} <t> @", "\U000f0000 ñ 😀", "", "y" * 50_000, *map(str, range(600))]
        assert pipe.translate(texts) == [text.upper() for text in texts]
        assert pipe.translate(["otra"]) == ["OTRA"]
        assert pipe.starts == 1
    finally:
        pipe.close()


@pytest.mark.parametrize("fault", ["die once", "stray"])
def test_a_pipe_that_breaks_is_started_again(tmp_path: Path, fault: str) -> None:
    pipe = Pipe(stages(tmp_path))
    try:
        answers = pipe.translate(["uno", fault, "dos"])
        if fault == "die once":
            assert answers == ["UNO", "DIE ONCE", "DOS"]
        else:
            assert answers == ["UNO", Untranslated(LOST, "Apertium answered out of step on this segment, twice"), "DOS"]
        assert pipe.starts > 1
    finally:
        pipe.close()


def test_what_breaks_it_twice_is_given_up_alone(tmp_path: Path) -> None:
    pipe = Pipe(stages(tmp_path))
    try:
        texts = [f"texto {number}" for number in range(40)]
        texts[17] = "die always"
        answers = pipe.translate(texts)
        lost = answers.pop(17)
        assert lost == Untranslated(LOST, "Apertium ended on this segment, twice")
        assert answers == [text.upper() for text in texts if text != "die always"]
        assert pipe.starts == 3  # at first, after the stream broke, after the segment alone broke it
    finally:
        pipe.close()


@pytest.mark.slow
def test_a_pipe_that_hangs_is_ended(tmp_path: Path) -> None:
    pipe = Pipe(stages(tmp_path), hang_seconds=0.5)
    try:
        assert pipe.translate(["uno", "hang", "dos"]) == [
            "UNO", Untranslated(LOST, "Apertium hung on this segment, twice"), "DOS",
        ]  # fmt: skip
    finally:
        pipe.close()


def test_a_swallowed_end_is_noticed(tmp_path: Path) -> None:
    pipe = Pipe(stages(tmp_path))
    try:
        (answer,) = pipe.translate(["swallow"])
        assert isinstance(answer, Untranslated)
        assert answer.reason == CHECK
        assert pipe.starts == 1
    finally:
        pipe.close()


def test_a_pipe_is_renewed_before_it_has_grown_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acord.data.translate.apertium.RENEW_CHARACTERS", 10)
    pipe = Pipe(stages(tmp_path))
    try:
        assert [pipe.translate(["cinco", "letra"]) for _ in range(4)] == [["CINCO", "LETRA"]] * 4
        assert pipe.starts == 2  # 20 characters are more than 10, 10 are not
    finally:
        pipe.close()


def test_many_pipes_give_what_one_gives_and_end(tmp_path: Path) -> None:
    mode = Mode("test", tuple(map(tuple, stages(tmp_path))))
    segments = [mask(f"texto {number}") for number in range(3 * CHUNK + 5)]
    with Apertium(mode, processes=3) as many:
        assert many.translate(segments) == [segment.text.upper() for segment in segments]
        processes = [process for pipe in many._pipes for process in pipe._processes]
        assert len(processes) == 9
    assert all(process.returncode is not None for process in processes)


def test_a_mode_becomes_argument_lists() -> None:
    mode = "lt-proc -w '/a b/x.bin' | apertium-tagger -g $2 '/p.prob' | apertium-pretransfer | lt-proc $1 '/g.bin'\n"
    assert commands_of(mode) == (
        ("lt-proc", "-z", "-w", "/a b/x.bin"),
        ("apertium-tagger", "-z", "-g", "/p.prob"),
        ("apertium-pretransfer", "-z"),
        ("lt-proc", "-z", "-n", "/g.bin"),
    )


def fake_programs(folder: Path, monkeypatch: pytest.MonkeyPatch, *, modes: str, programs: str = "") -> None:
    """A PATH on which apertium lists `modes`, whose pipes run `cat` and `lrx-proc`."""
    (folder / "modes").mkdir()
    for name in ("apertium", *programs.split()):
        (folder / name).write_text(f"#!/bin/sh\necho '{modes}'\n")
        (folder / name).chmod(0o755)
    for mode in modes.split():
        (folder / "modes" / f"{mode}.mode").write_text("sh -c x | lrx-proc -m y")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/bin/nowhere")
    monkeypatch.setenv("APERTIUM_DATADIR", str(folder))


def test_without_the_program_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="apt-get install apertium apertium-spa-cat") as caught:
        translator(recipe_settings(), variety="any", cache=tmp_path, processes=1)
    assert "\n" not in str(caught.value)


def test_without_the_pair_or_a_stage_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_programs(tmp_path, monkeypatch, modes="eng-spa spa-cat", programs="sh")
    with pytest.raises(InputError, match=r"no mode spa-cat_valencia.*apt-get install apertium apertium-spa-cat"):
        find_mode("es", "va", "any")
    with pytest.raises(InputError, match=r"spa-cat needs the program lrx-proc.*apertium-lex-tools cg3"):
        find_mode("es", "ca", "any")


def test_the_variety_chooses_the_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_programs(tmp_path, monkeypatch, modes="spa-cat_valencia spa-cat_valencia_uni spa-cat", programs="sh lrx-proc")
    names = {variety: find_mode("es", "va", variety).name for variety in ("any", "gva", "university")}
    assert names == {
        "any": "spa-cat_valencia", "gva": "spa-cat_valencia", "university": "spa-cat_valencia_uni",
    }  # fmt: skip
    assert find_mode("es", "ca", "university").name == "spa-cat"


@pytest.mark.parametrize(
    ("language", "to", "says"),
    [("en", "va", "English.*unusable.*lose input"), ("es", "gl", "not es to gl"), ("ca", "va", "not ca to va")],
)
def test_what_apertium_cannot_do_is_refused(tmp_path: Path, language: str, to: str, says: str) -> None:
    asked = recipe_settings(language=language, to=to)
    with pytest.raises(InputError, match=says) as caught:
        translator(asked, variety="any", cache=tmp_path, processes=1)
    assert "endpoint" in str(caught.value)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Translator:
    return apertium(tmp_path_factory.mktemp("cache"))


@needs_apertium
@pytest.mark.parametrize(
    ("spanish", "valencian"),
    [
        ("Este servicio ofrece hoy", "Aquest servei ofereix hui"),
        ("La casa es grande.", "La casa és gran."),
        ("El 3,5 % de los niños", "El 3,5 % dels xiquets"),
        ("**El agua** de `la casa` y {nombre}.", "**L'aigua** de `la casa` i {nombre}."),
        ("...", "..."),
        ("Hola", "Hola"),
        ("termina en el", "acaba en el"),
        ("una línea que\nsigue de\nel libro.", "una línia que\nsegueix del\nllibre."),
        ("- uno\n- y dos ~ tres", "- un\n- i dos ~ tres"),
        ("casa \ud800 y \0 perro \U000f0003", "casa \ud800 i \0 gos \U000f0003"),
        ("El can\u0303o\u0301n", "El canó"),
        ("El cañón", "El canó"),
    ],
)
def test_real_sentences(real: Translator, spanish: str, valencian: str) -> None:
    assert real.translate([spanish]) == [valencian]


@needs_apertium
def test_real_identity_names_mode_and_version(real: Translator) -> None:
    assert real.identity.tool == "apertium spa-cat_valencia"
    assert real.identity.version


@needs_apertium
def test_real_modes_differ(tmp_path: Path) -> None:
    with apertium(tmp_path / "ca", to="ca") as catalan, apertium(tmp_path / "uni", variety="university") as university:
        assert catalan.translate(["Hoy sale"]) == ["Avui surt"]
        assert university.translate(["Hoy"]) == ["Avui"]


@pytest.mark.slow
@needs_apertium
def test_a_real_pipe_killed_between_and_within_calls(tmp_path: Path) -> None:
    with apertium(tmp_path) as made:
        assert made.translate(["La casa"]) == ["La casa"]
        pipe = made._backend._pipes[0]  # type: ignore[attr-defined]
        for number in (0, 3, -1):
            pipe._processes[number].kill()
            time.sleep(0.05)
            assert made.translate([f"el perro {number}"]) == [f"el gos {number}"]
        assert pipe.starts == 4


@needs_apertium
@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=40), max_size=8))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_real_arbitrary_texts_never_break_the_pipe(real: Translator, texts: list[str]) -> None:
    for text, result in zip(texts, real.translate(texts), strict=True):
        assert not isinstance(result, Untranslated) or result.reason == CHECK, result
        if isinstance(result, str):
            assert result.count("\n") == text.count("\n")
    assert real._backend._pipes[0].starts == 1  # type: ignore[attr-defined]
