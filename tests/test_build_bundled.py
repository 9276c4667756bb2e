"""How the bundled model is made: what is left out of its text, what it is taught, and the whole path in little."""

import gzip
import json
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from acord.chat import ChatFormat
from acord.models import train_tokenizer
from acord.run.answers import PROMPTS
from scripts.bundled.corpus import LONGEST, Parallel, is_useful, masked, read_corpus
from scripts.bundled.curriculum import PARTS, drawing, stage_at
from scripts.bundled.dialogue import draw_dialogue, filled, is_held_out
from scripts.bundled.examples import step_examples
from scripts.bundled.families import FACTS, FAMILIES
from scripts.bundled.model import Shape, new_model
from scripts.bundled.own_text import own_corpus
from scripts.bundled.scores import share_of, translation_scores
from scripts.bundled.training import Budget
from scripts.bundled.translation import CENTRAL, Translations, complete, has_central, to_central
from scripts.bundled.wiring import wire_copying
from scripts.bundled.words import LANGUAGES, OFFICES
from tests.bundled.reading import samples, truth

ROOT = Path(__file__).parents[1]
RUN = 6  # words in a row that no two texts have by chance


def runs_of_words(text):
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[start : start + RUN]) for start in range(len(words) - RUN + 1)}


TEXT = ROOT.parent / "shared" / "data" / "text"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Escriu a maria.lopez@correu.es hui", "Escriu a [EMAIL] hui"),
        ("amb DNI 12345678Z i domicili", "amb DNI [DNI] i domicili"),
        ("amb DNI 12345678A, lletra falsa", "amb DNI [DNI], lletra falsa"),
        ("DNI ***4567** admesa", "DNI [DNI] admesa"),
        ("Telèfon 961 234 506.", "Telèfon [PHONE]."),
        ("Són 1.234,50 euros de l'article 15", "Són 1.234,50 euros de l'article 15"),
        ("València, 14 de juliol de 2017", "València, 14 de juliol de 2017"),
    ],
)
def test_what_could_name_a_person_is_masked(text, expected):
    assert masked(text) == expected


@pytest.mark.parametrize(
    ("es", "va", "useful"),
    [
        ("El plazo de solicitud acaba el 5 de mayo.", "El termini de sol·licitud acaba el 5 de maig.", True),
        ("El plazo de solicitud acaba el 5 de mayo.", "El termini de sol·licitud acaba el 6 de maig.", False),
        ("Convocatoria de ayudas deportivas municipales", "Tancament temporal dels edificis", False),
        ("Sí.", "La resolució es publicarà en el diari oficial.", False),
        ("12,5 %", "12,5 %", False),
        ("D. PEDRO PÉREZ acepta el cargo", "D. PEDRO PÉREZ accepta el càrrec", False),
        ("a" * (LONGEST + 1), "a" * (LONGEST + 1), False),
    ],
)
def test_only_translations_that_can_be_learnt_are_kept(es, va, useful):
    assert is_useful(Parallel(es, va)) is useful


@pytest.mark.skipif(not TEXT.is_dir(), reason="../shared/data/text is not here")
def test_nothing_that_is_measured_is_trained_on():
    corpus = read_corpus(TEXT, most=1_500)
    measured = {text.casefold() for pair in (*corpus.test, *corpus.development) for text in pair}
    assert len(corpus.train) > 500
    assert not {text.casefold() for pair in corpus.train for text in pair} & measured
    assert (len(corpus.test), max(len(pair.es) for pair in corpus.test)) == (805, LONGEST)


def test_a_sentence_that_is_measured_is_left_out_wherever_it_stands(tmp_path):
    lines = {
        "dogv_train": (
            ["S'aprova el conveni marc.", "Es publica la llista d'admesos."],
            ["Se aprueba el convenio marco.", "Se publica la lista de admitidos."],
        ),
        "boumh": (
            ["ES PUBLICA LA LLISTA D'ADMESOS", "Es nomena la comissió."],
            ["Se publica el listado.", "Se nombra la comisión."],
        ),
        "dogv_test": (["Es publica la llista d'admesos:"], ["Se publica el listado de admitidos:"]),
        "dogv_dev": (["El termini és de deu dies."], ["SE NOMBRA LA COMISIÓN"]),
    }
    for name, (va, es) in lines.items():
        for language, side in (("va", va), ("es", es)):
            (tmp_path / f"{name}.{language}.txt.gz").write_bytes(gzip.compress("\n".join(side).encode()))
    (tmp_path / "globalvoices.en.txt.gz").write_bytes(gzip.compress(b"A sentence about the news of the day."))
    corpus = read_corpus(tmp_path)
    assert corpus.train == [Parallel("Se aprueba el convenio marco.", "S'aprova el conveni marc.")]
    assert corpus.english == ["A sentence about the news of the day."]


def test_central_catalan_is_made_of_the_valencian_alone():
    assert to_central("La seua xiqueta vol que hui siga festa") == "La seva nena vol que avui sigui festa"
    assert not has_central("La resolució es publica")
    # What is made central and adapted back must be the same: no two entries share a side.
    assert len(set(CENTRAL.values())) == len(CENTRAL)
    assert not set(CENTRAL) & set(CENTRAL.values())


def test_a_completion_and_its_start_are_the_sentence():
    text = "Es resol aprovar les bases de la convocatòria."
    for seed in range(20):
        draft = complete("va", text, random.Random(seed))
        start = draft.prompt.partition(": ")[2]
        assert f"{start} {draft.reply}" == text
        assert len(start.split()) >= 4


@pytest.mark.parametrize("seed", range(5))
def test_every_exchange_is_filled_in_and_its_reply_follows(seed):
    rng = random.Random(seed)
    for _ in range(300):
        draft = draw_dialogue(rng)
        for text in (draft.prompt, draft.reply, *(content for _, content in draft.before)):
            assert "{" not in text
            assert not any(f" {wrong} " in f" {text} " for wrong in ("per el", "a el", "de el")), text
        assert draft.reply[0].isupper() or draft.reply[0].isdigit() or draft.reply[0] in "¡¿«“"
        assert draft.reply.rstrip("»”")[-1] in ".?!" or draft.reply[-1] in "»”"


def test_held_out_exchanges_are_never_drawn_for_training():
    rng = random.Random(0)
    for _ in range(500):
        draft = draw_dialogue(rng)
        assert draft.task == "fact" or not is_held_out(draft)
    assert all(
        is_held_out(draft) or draft.task == "fact" for draft in (draw_dialogue(rng, held_out=True) for _ in range(50))
    )


def test_articles_contract_and_slots_begin_sentences():
    values = {"office": next(office for office in OFFICES if office.va == "el museu"), "n": 3}
    assert filled("Per a {office}, {n}.", "va", values) == "Per al museu, 3."
    assert filled("{Office} va a {office}.", "es", values) == "El museo va al museo."


def test_every_family_and_fact_has_all_three_languages():
    assert all(set(fact) == set(LANGUAGES) for fact in FACTS)
    for family in FAMILIES:
        for lines in (family.va, family.es, family.en):
            assert lines.prompts
            assert lines.replies
    assert len(FAMILIES) > 80


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_family_words_its_prompts_as_what_the_model_is_measured_on(language):
    rng = random.Random(4)
    known = truth()
    held_out = [
        sample.prompt[-1][1] for sample in samples() if known[sample.id].held_out and sample.language == language
    ]
    measured = set().union(*(runs_of_words(text) for text in [*held_out, *PROMPTS[language]]))
    drawn = [draw_dialogue(rng) for _ in range(3_000)]
    asked = {run for draft in drawn if draft.task != "language" for run in runs_of_words(draft.prompt)}
    assert len(measured) > 200
    assert not asked & measured


def test_sums_are_right():
    rng = random.Random(3)
    found = 0
    for _ in range(8_000):
        draft = draw_dialogue(rng)
        words = draft.reply.rstrip(".").split()
        if draft.language == "en" and draft.task == "sum" and "plus" in words:
            at = words.index("plus")
            assert int(words[at - 1]) + int(words[at + 1]) == int(words[at + 3])
            found += 1
    assert found > 20


def test_the_mix_changes_evenly_and_is_a_mix_throughout():
    stages = PARTS[0].stages
    assert stage_at(stages, 0.0).mix == stages[0].mix
    assert stage_at(stages, 1.0).mix == stages[-1].mix
    assert stage_at(stages, 0.13).mix["dialogue"] == pytest.approx(0.146)
    assert stage_at(stages, 0.13).characters == 180
    for part in PARTS:
        for share in (0.0, 0.03, 0.1, 0.3, 0.7, 0.999):
            assert sum(stage_at(part.stages, share).mix.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("seed", range(3))
def test_exchanges_over_a_sentence_answer_in_the_language_of_the_question(seed):
    corpus = own_corpus()
    rng = random.Random(seed)
    draw = Translations(corpus.train, corpus.english).drawing("read", rng, LONGEST)
    valencian = {pair.va.rstrip(".") for pair in corpus.train}
    spanish = {pair.es.rstrip(".") for pair in corpus.train}
    seen = set()
    for draft in (draw() for _ in range(200)):
        seen.add(draft.language)
        assert "{" not in draft.prompt + draft.reply
        quoted = draft.reply.partition("«")[2].partition("»")[0]
        if quoted and draft.language == "va":
            assert any(text.startswith(quoted) for text in valencian)
        if quoted and draft.language == "es":
            assert any(text.startswith(quoted) for text in spanish)
    assert seen == {*LANGUAGES}


def test_the_rate_rises_and_falls_to_zero_by_the_clock_or_by_steps():
    budget = Budget(seconds=100.0, steps=0, rate=0.01, warm_up=0.1)
    assert [budget.rate_at(share) for share in (0.0, 0.05, 0.1, 1.0)] == pytest.approx([0.0, 0.005, 0.01, 0.0])
    assert budget.share(7, 25.0) == 0.25
    assert Budget(seconds=None, steps=28, rate=0.01).share(7, 25.0) == 0.25


def test_a_step_scores_replies_and_shares_its_instructions():
    corpus = own_corpus()
    chat = ChatFormat.build(train_tokenizer([text for pair in corpus.train for text in pair], 500))
    draw = drawing(Translations(corpus.train, corpus.english), PARTS[0].stages)(random.Random(0), 0.5)
    examples = step_examples(draw, chat, 600)
    assert [example.id for example in examples] == [str(index) for index in range(len(examples))]
    assert all(example.replies[0][-1] == chat.end_of_turn_id for example in examples)
    translated = [example for example in examples if example.source == "es-va"]
    assert len({example.group for example in translated}) == 1
    assert 600 <= sum(len(example.prompt_ids) + len(example.replies[0]) for example in examples) < 1_500


def test_intervals_hold_their_figure_and_narrow_with_items():
    few, many = share_of([True, False] * 10), share_of([True, False] * 500)
    assert few.value == many.value == 50.0
    assert few.low < many.low < 50.0 < many.high < few.high
    same = ["La resolució es publicarà hui mateix.", "El termini acaba demà a les dotze."]
    assert translation_scores(same, same, samples=20)["bleu"].value == pytest.approx(100.0)
    assert translation_scores(["Res", "Res"], same, samples=20)["bleu"].value < 5.0


def test_the_model_copies_before_it_is_trained():
    chat_tokens = train_tokenizer(["abc"], 300)
    model = new_model(Shape(layers=2, hidden=256, inner=64, vocabulary=0), chat_tokens, 0).eval()
    ids = torch.randperm(250, generator=torch.Generator().manual_seed(0))[:24] + 3
    twice = torch.cat([ids, ids])[None]

    def loss_of_the_second_time() -> float:
        with torch.no_grad():
            logp = model(twice).logits[0].log_softmax(-1)
        return -float(logp[range(24, 47), ids[1:]].mean())

    assert loss_of_the_second_time() > 5.0  # ln 259 is 5.6
    wire_copying(model, 0)
    assert loss_of_the_second_time() < 1.0


@pytest.mark.slow
@pytest.mark.parametrize("text", [TEXT, Path("/nowhere")], ids=["public text", "own text"])
def test_the_whole_path_in_little(tmp_path, text):
    if text == TEXT and not TEXT.is_dir():
        pytest.skip("../shared/data/text is not here")
    command = [
        sys.executable,
        "scripts/build_bundled.py",
        "--smoke",
        "--text",
        str(text),
        "--run",
        str(tmp_path / "run"),
    ]
    made = subprocess.run(
        [*command, "--install", str(tmp_path / "model")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert made.stdout.strip() == str(tmp_path / "model")
    for part in PARTS:
        lines = (tmp_path / "run" / part.name / "metrics.jsonl").read_text().splitlines()
        records = [json.loads(line) for line in lines]
        assert [record["share"] for record in records] == pytest.approx([step / 6 for step in range(6)], abs=1e-4)
        assert records[0]["loss"] > 0
        assert records[0]["learning_rate"] == 0.0
        assert all(record["tokens_distinct"] <= record["tokens_unshared"] for record in records)
    card = (tmp_path / "model" / "README.md").read_text()
    assert "Spanish to Valencian" in card
    assert "{" not in card.replace('{"role": "user", "content": text}', "")
    # What is finished is not done again.
    weights = (tmp_path / "run" / "model" / "model.safetensors").stat().st_mtime_ns
    subprocess.run(command, cwd=ROOT, capture_output=True, timeout=300, check=True)
    assert (tmp_path / "run" / "model" / "model.safetensors").stat().st_mtime_ns == weights
