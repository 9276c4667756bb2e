"""How many pairs of which source: quotas by language, weights of sources, and what to do where supply falls short."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from acord.errors import InputError
from acord.recipe import Data, Source


@dataclass
class Cell:
    """One quota to fill: a language, from some sources in order. target: pairs to train on; None for all there are.

    taken, held_out: pairs that were kept so far.
    """

    language: str
    sources: tuple[str, ...]
    target: int | None
    taken: int = 0
    held_out: int = 0
    spent: bool = field(default=False, compare=False)

    @property
    def missing(self) -> int | None:
        """How many are still wanted, None for all there are."""
        return None if self.target is None else self.target - self.taken

    @property
    def is_full(self) -> bool:
        """Whether the quota is reached."""
        return self.target is not None and self.taken >= self.target


def cells_of(data: Data, supply: Mapping[str, Mapping[str, int]]) -> list[Cell]:
    """The quotas of a recipe as cells, in the order in which they are filled.

    supply: source -> language -> candidates before filters. Sources are drawn from in the recipe's order, the earlier
    first, unless they have weights; then each has its own cell. Languages that are translated into come last, so that
    a pair is known before its translation. Raises InputError for a language that no source has.
    """
    order = [source.name for source in data.sources]
    found = list(dict.fromkeys(language for name in order for language, count in supply[name].items() if count))
    into = {source.translate.to for source in data.sources if source.translate is not None}
    languages = sorted(data.quotas or found, key=lambda language: language in into)
    cells = []
    for language in languages:
        there = tuple(name for name in order if supply[name].get(language))
        if not there:
            raise InputError(
                f"no source has a pair in {language}",
                where=f"data.quotas.{language}",
                fix=f"Languages there: {', '.join(found) or 'none'}. Change the quota or the sources.",
            )
        target = data.quotas[language] if data.quotas else None
        weights = _weights(data.sources, there, language) if target is not None else {}
        if target is not None and weights:
            parts = apportion(target, [weights[name] for name in there])
            cells += [Cell(language, (name,), part) for name, part in zip(there, parts, strict=True)]
        else:
            cells.append(Cell(language, there, target))
    return cells


def _weights(sources: Sequence[Source], there: tuple[str, ...], language: str) -> dict[str, float]:
    """Weights of a language's sources, empty where none has any."""
    weights = {source.name: source.weight for source in sources if source.name in there}
    stated = {name: weight for name, weight in weights.items() if weight is not None}
    if stated and len(stated) < len(weights):
        without = ", ".join(name for name in weights if name not in stated)
        raise InputError(
            f"some sources of {language} have a weight and {without} has none",
            where="data.sources",
            fix="Give each of them a weight, or none.",
        )
    return stated


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """A whole number in parts by weight that add up to it: largest remainders, the earlier of equals first."""
    shares = [Fraction(weight) for weight in weights]
    exact = [total * share / sum(shares) for share in shares]
    parts = [int(one) for one in exact]
    by_remainder = sorted(range(len(parts)), key=lambda index: (parts[index] - exact[index], index))
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts


def scaled(cells: Sequence[Cell]) -> dict[int, int]:
    """New targets by cell, where some fell short: all lowered alike, to what the scarcest one has.

    No target is lowered to nothing that had something.
    """
    ratio = min((Fraction(cell.taken, cell.target) for cell in cells if cell.target), default=Fraction(1))
    return {
        index: max(int(cell.target * ratio), min(1, cell.taken))
        for index, cell in enumerate(cells)
        if cell.target is not None
    }


def shortfall(cells: Sequence[Cell]) -> InputError | None:
    """The error for quotas that are not reached, None where all are."""
    short = [cell for cell in cells if cell.missing]
    if not short:
        return None
    listed = "; ".join(
        f"{cell.language} from {', '.join(cell.sources)}: {cell.taken:,} of {cell.target:,} pairs" for cell in short
    )
    return InputError(
        f"too few pairs for the quotas ({listed})",
        where="data.quotas",
        fix="Lower the quotas, add sources, or set on_shortfall: scale (all quotas alike) or next_source.",
    )
