"""The verb `acord judge` where something goes wrong: odd names, a full disk, Ctrl-C, a judge that has changed."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from acord.cli import main_with
from acord.judge.judgement import read_judgement, write_judgement
from acord.judge.prompts import fenced
from tests.judge.judge_server import JudgeServer, Reply

from .test_judgements import command, gates, judgement_in, perfect, place  # noqa: F401  place is a fixture for every test


def test_half_a_character_is_told_before_anything_is_asked(capsys):
    text = Path("plain.jsonl").read_text().replace("plain va 0 letter-00,", "plain \\ud800,")
    Path("plain.jsonl").write_text(text)
    with JudgeServer(perfect) as server:
        assert main_with(command(server)) == 2
        assert server.requests == []
    assert "plain.jsonl line 1: half a character" in capsys.readouterr().err


def calibrating(server, *more):
    return ["judge", "calibrate", "labels.jsonl", "--suite", "tiny.yaml", "--endpoint", server.url, *more]


def test_a_label_without_a_reply_does_not_make_it_another_judge(capsys):
    def answer(messages):
        text = fenced(messages).get("answer", "")
        return Reply(status=413, body=b"too long") if text == "labelled 7, quality 3" else perfect(messages)

    with JudgeServer(answer) as server:
        assert main_with(calibrating(server, "--model", "judge")) == 0
        assert main_with(command(server, "--json")) == 0
    told = capsys.readouterr()
    assert "has changed" not in told.err
    found = json.loads(told.out[told.out.index("{") :])
    assert all(gate["passed"] for gate in gates(found))


def test_a_calibration_by_another_rubric_is_not_used(capsys):
    with JudgeServer(perfect) as server:
        assert main_with(calibrating(server, "--model", "judge")) == 0
        Path("tiny.yaml").write_text(Path("tiny.yaml").read_text().replace("the best letter", "nothing to add"))
        assert main_with(command(server, "--limit", "10")) == 0
    told = capsys.readouterr()
    assert "the rubrics have changed since judge was held against people" in told.err
    assert "no human labels in Valencian" in told.out


@pytest.mark.parametrize("name", ["../../evil", "a/b", "..", "/", "\x1b[31m<b>`|", "x" * 100])
def test_a_judges_name_leads_nowhere(capsys, name):
    with JudgeServer(perfect) as server:
        assert main_with(calibrating(server, "--model", name)) == 0
        assert main_with(command(server, "--limit", "2", "--model", name)) == 0
    kept = list(Path("runs", "judgements", "calibrations").iterdir())
    assert len(kept) == 1
    assert (kept[0] / "judgement.json").is_file()
    assert re.fullmatch(r"[A-Za-z0-9._-]+", kept[0].name)
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_disk_that_is_full_at_the_end_is_told_and_what_is_paid_is_kept(capsys):
    with JudgeServer(perfect) as server:
        assert main_with(command(server)) == 0
        folder, sent = judgement_in(), len(server.requests)
        (folder / "answers.jsonl").unlink()
        partial = folder / f".answers.jsonl.{os.getpid()}.{threading.get_ident()}"
        partial.symlink_to("/dev/full")
        capsys.readouterr()
        assert main_with(command(server)) == 2
        told = capsys.readouterr().err.splitlines()[-1]
        assert "the disk is full" in told
        assert str(folder) in told
        assert not [file for file in folder.iterdir() if file.name.startswith(".")]
        assert main_with(command(server)) == 0
        assert len(server.requests) == sent
    assert (folder / "answers.jsonl").is_file()


def test_two_that_write_the_same_judgement_do_not_disturb_each_other(tmp_path):
    with JudgeServer(perfect) as server:
        assert main_with(command(server)) == 0
    kept = read_judgement(judgement_in())
    with ThreadPoolExecutor(4) as pool:
        written = [pool.submit(write_judgement, kept, tmp_path / "again") for _ in range(40)]
        assert all(one.result() for one in written)
    assert read_judgement(tmp_path / "again") == kept


@pytest.mark.slow
def test_ctrl_c_says_what_it_waits_for_and_keeps_what_comes():
    with JudgeServer(perfect, seconds=1.5) as server:
        run = [sys.executable, "-c", "from acord.cli import main; main()", *command(server, "--concurrency", "2")]
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
        with subprocess.Popen(run, env=environment, stderr=subprocess.PIPE, text=True) as process:
            while not server.requests:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "calls under way end first" in told
        assert "Traceback" not in told
        asked = server.by_key
        assert main_with(command(server, "--max-calls", "6", "--concurrency", "2")) == 2
        assert {key: server.by_key[key] for key in asked} == asked
