"""Whether a card says what its evidence gives: hashes, figures, every line of its texts, and the weights beside it.

It proves that card and evidence are of one piece. Whoever can write all of it can write another one of one piece: who
wrote it is for a signature to say.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from acord.card.checks import Stated
from acord.card.comparing import file_faults
from acord.card.evidence import INDEX, Evidence, index_faults, load_evidence
from acord.card.fault import Fault
from acord.card.recompute import recompute_all
from acord.card.texts import texts_of
from acord.card.weights import Weights, check_weights
from acord.errors import AcordError, InputError
from acord.languages import text

FOLDER = "evidence"
MOST_SHOWN = 40
NO_WEIGHTS = Weights((), (), [])


class Checked(NamedTuple):
    """How much was looked at. files: of the evidence, by hash. figures: computed again. lines: of the card's texts.

    weights: files of the model beside the card.
    """

    files: int = 0
    figures: int = 0
    lines: int = 0
    weights: int = 0


@dataclass(frozen=True)
class Verification:
    """faults: files relative to the card's folder. stated: figures that nothing in the evidence gives.

    absent: files of the model that do not lie beside the card, so nothing is said of them. other_versions: of Acord and
    of what draws, the card's and this one, where they differ; pictures are compared only where one version drew both.
    """

    folder: Path
    faults: tuple[Fault, ...]
    checked: Checked
    stated: tuple[Stated, ...] = ()
    absent: tuple[str, ...] = ()
    other_versions: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether nothing is at fault."""
        return not self.faults

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "folder": str(self.folder),
            "holds": self.holds,
            "faults": [fault.as_json() for fault in self.faults],
            "checked": self.checked._asdict(),
            "stated": [one._asdict() for one in self.stated],
            "absent": list(self.absent),
            "other_versions": {name: list(both) for name, both in self.other_versions.items()},
        }

    def shown(self) -> str:
        """Every fault with its place, what was checked, and what that proves and what not."""
        lines = [fault.shown() for fault in self.faults[:MOST_SHOWN]]
        more = len(self.faults) - MOST_SHOWN
        lines += [text("card_verify_more", more=more)] if more > 0 else []
        lines.append(text("card_verify_holds") if self.holds else text("card_verify_fails", faults=len(self.faults)))
        lines.append(text("card_verify_checked", **self.checked._asdict()))
        for name, (there, here) in self.other_versions.items():
            lines.append(text(f"card_verify_other_{name}", there=there, here=here))
        lines += [text("card_verify_absent", files=", ".join(self.absent))] if self.absent else []
        lines += [text("card_verify_stated", what="; ".join(self._stated()))] if self.stated else []
        lines += [text("card_verify_proves"), text("card_verify_proves_not")] if self.holds else []
        return "\n".join(lines)

    def _stated(self) -> list[str]:
        """In the interface's language, one entry a kind."""
        kinds = dict.fromkeys(one.kind for one in self.stated)
        of = {kind: ", ".join(one.of for one in self.stated if one.kind == kind) for kind in kinds}
        return [text(f"card_stated_{kind}", of=of[kind]) for kind in kinds]


def verify(folder: Path, weights: Path | None = None, *, weigh: bool = True) -> Verification:
    """Check the card in `folder`. weights: where the model lies, by default beside the card. weigh: whether the model's
    files are looked at at all.

    Raises InputError for a folder that holds no card with evidence.
    """
    evidence_folder = folder / FOLDER
    if not (evidence_folder / INDEX).is_file():
        raise InputError(
            "there is no evidence/index.json, so nothing can be verified",
            where=str(folder),
            fix="Give the folder of a card that Acord built; acord card audit reads any card.",
        )
    faults = [_in_folder(fault) for fault in index_faults(evidence_folder)]
    files = sum(path.is_file() for path in evidence_folder.rglob("*"))
    try:
        evidence = load_evidence(evidence_folder)
        recomputed = recompute_all(evidence)
        written = texts_of(evidence)
    except AcordError as error:
        faults.append(Fault(_relative(error.where, folder), None, error.what))
        return Verification(folder, tuple(faults), Checked(files))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
        # Evidence that somebody wrote: whatever it makes the readers stumble over, it is none.
        faults.append(Fault(FOLDER, None, f"it cannot be read: {type(error).__name__}: {error}"))
        return Verification(folder, tuple(faults), Checked(files))
    faults += [_in_folder(fault) for fault in recomputed.faults]
    other_versions = _other_versions(evidence)
    faults += file_faults(folder, written, drawings="matplotlib" not in other_versions)
    align = evidence.manifests.get("align")
    found = check_weights(weights or folder, align) if weigh and align is not None else NO_WEIGHTS
    if weights is not None and not found.checked:
        # Asked to look at weights, it has seen none.
        faults.append(Fault(str(weights), None, "no file of the model lies there"))
    lines = sum(content.count(b"\n") for content in written.values())
    checked = Checked(files, recomputed.checked, lines, len(found.checked))
    return Verification(
        folder, _once([*faults, *found.faults]), checked, tuple(recomputed.stated), found.absent, other_versions
    )


def _other_versions(evidence: Evidence) -> dict[str, tuple[str, str]]:
    """Where the last stage before the card ran with another Acord or matplotlib than this process."""
    last = list(evidence.manifests.values())[-1].versions if evidence.manifests else {}
    here = {name: version(name) for name in ("acord", "matplotlib")}
    return {name: (last[name], now) for name, now in here.items() if last.get(name, now) != now}


def _once(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    return tuple(dict.fromkeys(faults))


def _in_folder(fault: Fault) -> Fault:
    return replace(fault, file=f"{FOLDER}/{fault.file}")


def _relative(where: str, folder: Path) -> str:
    return where.removeprefix(f"{folder}/") or FOLDER
