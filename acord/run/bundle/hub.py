"""What the hub gives: repositories fetched patiently, compared with the hashes that the hub states, errors told.

huggingface_hub goes on where a download was cut and keeps its own cache; it compares sizes and no hashes. Lines that
people see are made here from the kind of an error: what a server says may repeat the token, and is not shown.
"""

import hashlib
import re
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from acord.console import say
from acord.errors import AcordError, InputError
from acord.languages import text
from acord.run.disk import disk_fault

ATTEMPTS = 4
FIRST_WAIT, LONGEST_WAIT = 2.0, 300.0
WAITED_FOR = frozenset({408, 429, 500, 502, 503, 504})
LATER = "Run the same command again later: what is here is kept."
BLOB = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

Result = TypeVar("Result")


class Snapshot(NamedTuple):
    """A repository at one commit, as far as it was asked for. files: relative names in it, sorted."""

    folder: Path
    commit: str
    files: tuple[str, ...]


def fetch(kind: str, name: str, revision: str | None, patterns: Sequence[str]) -> Snapshot:
    """The files of a repository that match the patterns, from the hub or its cache, whole and with the right hashes.

    kind: model or dataset. Raises InputError, one line that names the repository and what to do: it is not there, its
    licence is to be accepted, the hub is busy, cannot be reached, or sends other bytes than it states.
    """

    def ask() -> Path:
        from huggingface_hub import snapshot_download

        with _quiet_hub():
            return Path(snapshot_download(name, repo_type=kind, revision=revision, allow_patterns=[*patterns]))

    folder = patiently(ask, kind, name)
    if _without_wrong(folder, patterns):
        say(text("bundle_hash_again", name=name))
        folder = patiently(ask, kind, name)
        wrong = _without_wrong(folder, patterns)
        if wrong:
            raise InputError(
                f"{wrong[0]} does not have the hash that the hub states, twice over",
                where=name,
                fix="Try another network, or a mirror (HF_ENDPOINT): a proxy may change files.",
            )
    files = tuple(sorted(file.relative_to(folder).as_posix() for file in _matching(folder, patterns)))
    return Snapshot(folder, folder.name, files)


def _matching(folder: Path, patterns: Sequence[str]) -> list[Path]:
    from huggingface_hub.utils import filter_repo_objects

    names = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    return [folder / name for name in filter_repo_objects(names, allow_patterns=[*patterns])]


def _without_wrong(folder: Path, patterns: Sequence[str]) -> list[str]:
    """Take files away whose bytes are not those that their name in the cache states: sha256, or git's hash of small
    ones. Returns their names.
    """
    wrong = []
    for file in _matching(folder, patterns):
        blob = file.resolve()
        # Where links cannot be made, files lie under their own names and state no hash.
        if BLOB.fullmatch(blob.name) and _hash_of_blob(blob, len(blob.name)) != blob.name:
            wrong.append(file.relative_to(folder).as_posix())
            blob.unlink()
            file.unlink(missing_ok=True)
    return wrong


def _hash_of_blob(file: Path, digits: int) -> str:
    with file.open("rb") as opened:
        if digits == 64:
            return hashlib.file_digest(opened, "sha256").hexdigest()
        hasher = hashlib.sha1(b"blob %d\0" % file.stat().st_size, usedforsecurity=False)
        while chunk := opened.read(1 << 20):
            hasher.update(chunk)
        return hasher.hexdigest()


def patiently(ask: Callable[[], Result], kind: str, name: str) -> Result:
    """Ask until there is an answer: where the hub is busy it is waited for as long as it says, a few times.

    Raises InputError for whatever else comes back; faults of the disk and Acord's own errors pass.
    """
    wait = FIRST_WAIT
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return ask()
        except AcordError:
            raise
        except Exception as error:
            if disk_fault(error) is not None:
                raise
            status = status_of(error)
            if attempt == ATTEMPTS or not (status in WAITED_FOR or (status is None and _may_pass(error))):
                raise explained(error, kind, name) from None
            seconds = min(_asked_to_wait(error) or wait, LONGEST_WAIT)
            say(text("bundle_waits", name=name, status=status or _kind_of(error), seconds=round(seconds)))
            time.sleep(seconds)
            wait *= 2
    raise AssertionError("the last attempt returns or raises")


def explained(error: BaseException, kind: str, name: str) -> InputError:
    """An error of the hub's client as one line for people."""
    from huggingface_hub import constants, errors

    status = status_of(error)
    found = _in_chain(error, (errors.GatedRepoError, errors.RevisionNotFoundError, errors.RepositoryNotFoundError))
    address = f"{constants.ENDPOINT}/{'datasets/' if kind == 'dataset' else ''}{name}"
    if isinstance(found, errors.GatedRepoError) or status == 403:
        return InputError(
            f"the {kind} is gated",
            where=name,
            fix=f"Accept its licence at {address}, and set HF_TOKEN to a token of that account.",
        )
    if isinstance(found, errors.RevisionNotFoundError):
        return InputError(f"the {kind} has no such revision", where=name, fix="Check the revision.")
    if isinstance(found, errors.RepositoryNotFoundError) or status in (401, 404):
        return InputError(
            f"no such {kind} on the hub, or it is private",
            where=name,
            fix="Check the name; for a private one set HF_TOKEN to a token that may read it.",
        )
    if status == 429:
        return InputError("the hub asks to wait (429), and still does", where=name, fix=LATER)
    if status is not None:
        return InputError(f"the hub answers {status}", where=name, fix=LATER)
    if _in_chain(error, (errors.HFValidationError,)):
        return InputError("this is no name of the hub", where=name, fix="Give a folder or a hub name: owner/name.")
    if _may_pass(error) or _in_chain(error, (errors.OfflineModeIsEnabled,)):
        return InputError(f"it cannot be fetched ({_kind_of(error)})", where=name, fix=f"See to the network. {LATER}")
    return InputError(f"it cannot be read ({_kind_of(error)})", where=name, fix="See what its files hold.")


def status_of(error: BaseException) -> int | None:
    """The HTTP status behind an error, None where there is none."""
    response = _response(error)
    with suppress(AttributeError, TypeError, ValueError):
        return int(response.status_code)
    return None


def _may_pass(error: BaseException) -> bool:
    """Whether it is of the network: a connection that ends, or a file that came short."""
    import httpx2
    from huggingface_hub.errors import LocalEntryNotFoundError

    short = "Consistency check failed" in str(error)
    of_network = (httpx2.TransportError, LocalEntryNotFoundError, ConnectionError, TimeoutError)
    return short or _in_chain(error, of_network) is not None


def _asked_to_wait(error: BaseException) -> float | None:
    with suppress(AttributeError, KeyError, TypeError, ValueError):
        return float(_response(error).headers["Retry-After"])
    return None


def _response(error: BaseException | None) -> Any:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        response = getattr(error, "response", None)
        if getattr(response, "status_code", None) is not None:
            return response
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return None


def _in_chain(error: BaseException | None, kinds: tuple[type[BaseException], ...]) -> BaseException | None:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, kinds):
            return error
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return None


def _kind_of(error: BaseException) -> str:
    cause = error.__cause__ or error
    return type(cause).__name__


@contextmanager
def _quiet_hub() -> Any:
    """The hub's own bars and warnings away: progress and waits are told by Acord."""
    import logging

    from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    were_off = are_progress_bars_disabled()
    logger = logging.getLogger("huggingface_hub")
    level = logger.level
    disable_progress_bars()
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
        if not were_off:
            enable_progress_bars()
