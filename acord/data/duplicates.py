"""Second copies: of pairs with the same texts, and of the same two messages, the first source keeps its own.

Candidates are compared by 64-bit hashes before anything is chosen, so that which copy stays does not depend on the
drawing order. Pairs whose texts are made or changed later are compared again when they are chosen.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from acord.data.spool import Spool
from acord.data.supply import SpoolSupply, Supply, TranslatedSupply
from acord.recipe import Data


def leave_out_duplicates(data: Data, supplies: Mapping[str, Supply]) -> None:
    """Refuse every candidate that stands earlier in the same or an earlier source.

    Translations are compared among themselves: that a conversation was read by two sources is no reason to translate
    it from neither.
    """
    wanted = None if data.quotas is None else set(data.quotas)
    read = {name: one for name, one in supplies.items() if isinstance(one, SpoolSupply)}
    translated = {name: one for name, one in supplies.items() if isinstance(one, TranslatedSupply)}
    _leave_out(data, {name: (one, _entries(one.spool, wanted), one.spool) for name, one in read.items()})
    for language in {one.to for one in translated.values()}:
        _leave_out(
            data,
            {
                name: (one, one.entries(language), one.origin.spool)
                for name, one in translated.items()
                if one.to == language and isinstance(one.origin, SpoolSupply)
            },
        )


def _entries(spool: Spool, wanted: set[str] | None) -> Any:
    """The entries that may be taken: a copy in a language that no quota asks for takes no pair's place."""
    if wanted is None:
        return np.arange(len(spool))
    numbers = [number for number, language in enumerate(spool.languages) if language in wanted]
    return np.flatnonzero(np.isin(spool.language_N, numbers))


def _leave_out(data: Data, sources: Mapping[str, tuple[Any, Any, Any]]) -> None:
    kinds = ["texts_N", *(["messages_N"] if data.duplicates.conversations else [])]
    seen: dict[str, Any] = {kind: np.empty(0, np.uint64) for kind in kinds}
    for supply, entries, spool in sources.values():
        found: dict[int, str] = {}
        for kind in kinds:
            keys = getattr(spool, kind)[entries]
            repeated = np.ones(len(keys), bool)
            repeated[np.unique(keys, return_index=True)[1]] = False
            for entry in entries[repeated | np.isin(keys, seen[kind])]:
                found.setdefault(int(entry), _detail(kind, spool, int(entry)))
            seen[kind] = np.concatenate([seen[kind], keys])
        supply.leave_out(sorted(found.items()))


def _detail(kind: str, spool: Any, entry: int) -> str:
    """A pair's id begins with the hash of its texts."""
    if kind == "texts_N":
        return f"the same texts as pair {int(spool.texts_N[entry]):016x}"
    return "the same messages as an earlier pair"
