"""Sending a folder to a hub that speaks Hugging Face's protocol, at the address that HF_ENDPOINT gives.

The token comes from the environment or the hub's log-in, is never an argument, and is taken out of every line.
"""

import warnings
from contextlib import suppress
from dataclasses import dataclass
from glob import escape
from typing import Any

from acord import __version__
from acord.card.publish import Kind, Publication
from acord.errors import CheckFailed, InputError
from acord.languages import text

# Of an earlier version of the same model or data set: what would contradict the new one if it stayed.
REPLACED: dict[Kind, tuple[str, ...]] = {
    "model": ("*.safetensors", "*.safetensors.index.json", "adapter_config.json", "export.json", "README.*.md",
              "evidence/*", "report/*", ".eval_results/*"),
    "dataset": ("data/*.parquet",),
}  # fmt: skip
AGAIN = "Try again: what was sent is not sent twice."


@dataclass(frozen=True)
class Published:
    """Where it is. commit: its id. url: of the repository."""

    publication: Publication
    url: str
    commit: str

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {**self.publication.as_json(), "url": self.url, "commit": self.commit}

    def shown(self) -> str:
        """For people."""
        return "\n".join([text("publish_done", url=self.url), text("publish_commit", commit=self.commit[:12])])


def send(publication: Publication, *, private: bool) -> Published:
    """Make the repository if there is none, send what was prepared, and see that all of it is there.

    private: whether only its owner may see it; one that is public is not written to then. Raises InputError where the
    hub refuses or cannot be reached, CheckFailed where afterwards something is not there.
    """
    from huggingface_hub import HfApi, get_token
    from huggingface_hub.utils import disable_progress_bars

    token = get_token()
    if token is None:
        raise InputError(
            "nobody is logged in to the hub", fix="Log in (hf auth login), or set HF_TOKEN to a token that may write."
        )
    disable_progress_bars()
    api = HfApi(token=token, library_name="acord", library_version=__version__)
    try:
        return _send(api, publication, private)
    except (InputError, CheckFailed):
        raise
    except Exception as error:
        # What client, HTTP library and storage raise is of no common kind; a refusal deep inside is told as one.
        raise InputError(_explained(error, token), where=publication.repository, fix=_remedy(error)) from None


def _send(api: Any, publication: Publication, private: bool) -> Published:
    where = {"repo_id": publication.repository, "repo_type": publication.kind}
    url = str(api.create_repo(**where, private=True if private else None, exist_ok=True))
    if private and not api.repo_info(**where).private:
        raise InputError(
            "the repository is public already, and --private does not change that",
            where=publication.repository,
            fix="Make it private on the hub, take another name, or leave out --private.",
        )
    with warnings.catch_warnings():
        # Evidence is Parquet on purpose, which the client takes for a data set in the wrong place.
        warnings.filterwarnings("ignore", message="It seems that you are about to commit a data file")
        commit = api.upload_folder(
            **where,
            folder_path=publication.folder,
            allow_patterns=[escape(name) for name in publication.files],
            delete_patterns=list(REPLACED[publication.kind]),
            commit_message=f"Published by Acord {__version__}",
        )
    _check_arrived(api, publication)
    return Published(publication, url, commit.oid)


def _check_arrived(api: Any, publication: Publication) -> None:
    """A hub may leave out what an ignore file of the repository names, and says so to nobody."""
    tree = api.list_repo_tree(publication.repository, repo_type=publication.kind, recursive=True)
    there = {one.path: one.size for one in tree if hasattr(one, "size")}
    for name, size in publication.files.items():
        if there.get(name) != size:
            found = "is missing there" if name not in there else f"has {there[name]} bytes there"
            raise CheckFailed(f"{name} {found}", where=publication.repository, fix="Publish it again.")


def _explained(error: BaseException, token: str) -> str:
    """One line, without the token wherever it may have got to."""
    status = _status(error)
    if status == 401:
        line = "the hub does not take the token"
    elif status == 403:
        line = "the token may not write there"
    elif status is not None:
        said = _response(error).server_message
        line = f"the hub answers {status}" + (f": {said}" if said else "")
    else:
        lines = [one for one in str(error).strip().splitlines() if one.strip()]
        line = f"it cannot be sent: {' '.join(lines[:2]) or type(error).__name__}"
    return line.replace(token, "***").rstrip(" .")


def _remedy(error: BaseException) -> str:
    status = _status(error)
    if status in (401, 403):
        return "Log in (hf auth login), or set HF_TOKEN to a token that may write there."
    if isinstance(error, ValueError) and "metadata" in str(error):
        return "Mend the card's metadata."
    return AGAIN


def _response(error: BaseException | None) -> Any:
    """The hub's refusal behind an error, None where there is none."""
    from huggingface_hub.errors import HfHubHTTPError

    while error is not None and not isinstance(error, HfHubHTTPError):
        error = error.__cause__ or error.__context__
    return error


def _status(error: BaseException) -> int | None:
    refused = _response(error)
    with suppress(AttributeError):
        return int(refused.response.status_code)
    return None
