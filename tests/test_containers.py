"""The container's definition and the conda environment: they are built elsewhere, so here they are read."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from acord.data.translate.programs import PACKAGES
from acord.run.doctor.software import locked_versions

ROOT = Path(__file__).parents[1]
DEFINITION = ROOT / "containers" / "acord.def"
ENVIRONMENT = ROOT / "environment.yml"
SECTIONS = ("arguments", "files", "post", "environment", "runscript", "test", "labels", "help")


def sections() -> dict[str, str]:
    """The definition's sections by name; the head under ''."""
    parts = re.split(r"^%(\w+)\n", DEFINITION.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def test_the_definition_has_the_sections_that_apptainer_knows() -> None:
    found = sections()
    assert tuple(name for name in found if name) == SECTIONS
    assert re.search(r"^Bootstrap: docker$", found[""], flags=re.MULTILINE)
    assert re.search(r"^From: nvidia/cuda:\{\{ cuda \}\}-devel-ubuntu\d\d\.04$", found[""], flags=re.MULTILINE)


def test_every_argument_of_the_definition_has_a_value() -> None:
    found = sections()
    given = dict(line.split("=", 1) for line in found["arguments"].split())
    asked = set(re.findall(r"\{\{ (\w+) \}\}", DEFINITION.read_text(encoding="utf-8")))
    assert asked == {*given}


def test_everything_that_the_image_copies_is_here_and_enough_to_install() -> None:
    copied = [line.split()[0] for line in sections()["files"].splitlines() if line.strip()]
    for name in copied:
        assert (ROOT / name).exists(), name
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {"pyproject.toml", project["readme"], *project["license-files"], "acord", "requirements.lock"} <= {*copied}


def test_the_image_has_apertium_and_the_locks_versions() -> None:
    post = sections()["post"]
    assert {*PACKAGES} <= {*post.split()}
    assert "-c /opt/acord/requirements.lock /opt/acord" in post


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("name", ["post", "environment", "runscript", "test"])
def test_the_images_scripts_please_shellcheck(name: str) -> None:
    script = re.sub(r"\{\{ (\w+) \}\}", r"$\1", sections()[name])
    done = subprocess.run(
        ["shellcheck", "--shell=sh", "--exclude=SC2154", "-"], input=script, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_conda_environment_installs_what_the_lock_says() -> None:
    content = yaml.safe_load(ENVIRONMENT.read_text(encoding="utf-8"))
    plain = [one for one in content["dependencies"] if isinstance(one, str)]
    (pip,) = (one["pip"] for one in content["dependencies"] if isinstance(one, dict))
    assert "--constraint requirements.lock" in pip
    assert "-e ." in pip
    # A version of conda's beside the lock's would be another one sooner or later.
    locked = locked_versions(ROOT / "requirements.lock")
    assert len(locked) > 100
    assert not {re.split(r"[=<> ]", one)[0] for one in plain} & {*locked}
    (python,) = (one.partition("=")[2] for one in plain if one.startswith("python="))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    least = project["requires-python"].removeprefix(">=")
    assert tuple(map(int, python.split("."))) >= tuple(map(int, least.split(".")))
