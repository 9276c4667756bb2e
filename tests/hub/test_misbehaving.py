"""A hub that misbehaves, asked by the real huggingface_hub: each time the files are right in the end, or one line says
which repository and what to do."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.client import Client
from tests.hub.stand_in import TOKEN, StandIn

pytestmark = pytest.mark.slow
WEIGHTS = bytes(range(256)) * 4_000
FILES = {"config.json": b'{"model_type": "llama"}', "model.safetensors": WEIGHTS}


@pytest.fixture(scope="module")
def hub() -> Iterator[StandIn]:
    with StandIn() as hub:
        yield hub


@pytest.fixture(scope="module")
def client(hub: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    client = Client(hub, tmp_path_factory.mktemp("home"))
    yield client
    client.close()


def named(hub: StandIn, name: str) -> str:
    """A repository that no other test has fetched."""
    hub.add("model", f"owner/{name}", FILES)
    return f"owner/{name}"


def test_what_is_fetched_is_right_and_at_one_commit(hub: StandIn, client: Client) -> None:
    name = named(hub, "plain")
    found = client.fetch("model", name)
    assert found["files"] == ["config.json", "model.safetensors"]
    assert found["commit"] == hub.repositories["model", name].commit
    assert (Path(found["folder"]) / "model.safetensors").read_bytes() == WEIGHTS


def test_a_download_that_is_cut_goes_on_where_it_was(hub: StandIn, client: Client) -> None:
    chunk = 10 * 1024 * 1024  # of huggingface_hub: what it has of a chunk that was cut is fetched again
    large = WEIGHTS * (3 * chunk // len(WEIGHTS))
    hub.add("model", "owner/cut", {"model.safetensors": large})
    before = len(hub.requests)
    with hub.misbehave("cut", "owner/cut", times=2):
        found = client.fetch("model", "owner/cut")
    assert (Path(found["folder"]) / "model.safetensors").read_bytes() == large
    ranges = [one.range for one in hub.requests[before:] if one.method == "GET" and one.path.endswith("safetensors")]
    assert ranges == [None, f"bytes={chunk}-", f"bytes={chunk}-"]


@pytest.mark.parametrize(("how", "times"), [("busy", 1), ("broken", 2), ("stalled", 2)])
def test_a_hub_that_is_busy_or_broken_for_a_while_is_waited_for(
    hub: StandIn, client: Client, how: str, times: int
) -> None:
    name = named(hub, how)
    with hub.misbehave(how, name, times=times):
        found = client.fetch("model", name)
    assert (Path(found["folder"]) / "model.safetensors").read_bytes() == WEIGHTS


def test_bytes_that_are_not_those_stated_are_fetched_once_more(hub: StandIn, client: Client) -> None:
    name = named(hub, "wrong-once")
    with hub.misbehave("wrong_hash", name, file="model.safetensors", times=1):
        found = client.fetch("model", name)
    assert (Path(found["folder"]) / "model.safetensors").read_bytes() == WEIGHTS
    assert "does not have the hash that the hub states" in found["said"]


@pytest.mark.parametrize(
    ("how", "line"),
    [
        ("missing", "owner/missing-always: no such model on the hub, or it is private. Check the name;"),
        ("unauthorised", "owner/unauthorised-always: no such model on the hub, or it is private. Check the name;"),
        ("broken", "owner/broken-always: the hub answers 500. Run the same command again later: what is here is kept."),
        ("wrong_hash", "owner/wrong_hash-always: config.json does not have the hash that the hub states, twice over."),
    ],
)
def test_what_stays_wrong_is_one_line_with_the_repository(hub: StandIn, client: Client, how: str, line: str) -> None:
    name = named(hub, f"{how}-always")
    with hub.misbehave(how, name):
        assert client.fetch("model", name)["error"].startswith(line)
    assert client.fetch("model", name)["files"]


def test_a_gated_repository_says_what_to_accept_and_never_the_token(
    hub: StandIn, tmp_path_factory: pytest.TempPathFactory
) -> None:
    name = named(hub, "gated")
    with hub.misbehave("gated", name):
        refused = Client(hub, tmp_path_factory.mktemp("home"), HF_TOKEN="hf_AnotherToken")
        answer = refused.fetch("model", name)
        refused.close()
        accepted = Client(hub, tmp_path_factory.mktemp("home"), HF_TOKEN=TOKEN)
        found = accepted.fetch("model", name)
        accepted.close()
    fix = f"Accept its licence at {hub.url}/{name}, and set HF_TOKEN to a token of that account."
    assert answer["error"] == f"{name}: the model is gated. {fix}"
    assert any(one.authorization == "Bearer hf_AnotherToken" for one in hub.requests)
    assert "hf_Another" not in answer["said"] + answer["error"]
    assert found["files"] == ["config.json", "model.safetensors"]


def test_a_hub_that_is_not_there_is_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    with StandIn() as gone:
        pass
    client = Client(gone, tmp_path_factory.mktemp("home"))
    answer = client.fetch("dataset", "owner/name")
    client.close()
    assert answer["error"].startswith("owner/name: it cannot be fetched (ConnectError). See to the network.")


def test_a_revision_that_is_not_there_is_told(hub: StandIn, client: Client) -> None:
    name = named(hub, "revised")
    assert client.fetch("model", name, revision="v9")["error"].startswith(f"{name}: the model has no such revision.")
