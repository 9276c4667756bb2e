"""What `acord serve` refuses before it takes a request, in one line that says what to do."""

import socket

import pytest

from acord.bundled import bundled_path
from acord.cli import main_with

MODEL = str(bundled_path("model"))
KEY = "a-key-for-the-tests-0004"


@pytest.fixture
def keys(tmp_path):
    file = tmp_path / "keys"
    file.write_text(f"{KEY}\nshort\n")
    return str(file)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--host", "0.0.0.0"], "others can reach this address, and there is no key"),  # noqa: S104  it is refused
        (["--host", "::"], "others can reach this address"),
        (["--host", "example.org"], "others can reach this address"),
        (["--key-variable", "NO_SUCH_VARIABLE"], "no such variable in the environment"),
        (["--key-variable", "SHORT"], "fewer than 16 characters"),
        (["--key-variable", "ODD"], "characters that no header can carry"),
        (["--key-file", "/nowhere"], "the file cannot be read"),
        (["--session", "session.yaml"], "a session needs a file"),
        (["--feedback", "kept.txt"], "preferences are JSON lines"),
        (["--port", "99999"], "--port"),
    ],
)
def test_what_cannot_be_served_safely_is_refused(monkeypatch, capsys, options, told):
    monkeypatch.setenv("SHORT", "0123456789")
    monkeypatch.setenv("ODD", "ñ" * 20)
    assert main_with(["serve", MODEL, *options]) == 2
    captured = capsys.readouterr()
    assert told in captured.err
    assert captured.err.count("\n") == 1
    assert "0123456789" not in captured.err


def test_a_key_never_stands_in_an_error(capsys, keys):
    assert main_with(["serve", MODEL, "--key-file", keys]) == 2
    errors = capsys.readouterr().err
    assert f"{keys}:2: a key of fewer than 16 characters" in errors
    assert KEY not in errors


def test_an_address_that_is_taken_is_told_of(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main_with(["serve", MODEL, "--port", port]) == 2
    assert "the address cannot be taken" in capsys.readouterr().err


def test_a_model_that_is_none_and_an_engine_that_is_not_installed_are_told_of(capsys, tmp_path, monkeypatch):
    assert main_with(["serve", str(tmp_path), "--port", "0"]) == 2
    assert "no model" in capsys.readouterr().err
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    assert main_with(["serve", MODEL, "--port", "0", "--engine", "vllm"]) == 2
    assert "vllm is not installed" in capsys.readouterr().err
