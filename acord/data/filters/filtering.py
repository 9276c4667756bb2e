"""All filters of a recipe, one after the other, in a fixed order."""

from collections.abc import Callable, Sequence

from acord.data.filters.boilerplate import boilerplate
from acord.data.filters.central_catalan import BlockVariety, CentralCatalanFilter
from acord.data.filters.debris import debris
from acord.data.filters.equal import equal
from acord.data.filters.fault import Fault
from acord.data.filters.language import Identifier, LanguageFilter, own_identifier
from acord.data.filters.lengths import characters_fault, tokens_fault
from acord.data.filters.personal_data import drop_personal_data, flag_personal_data, mask_personal_data
from acord.data.filters.repetition import repetition
from acord.data.pairs import Pair
from acord.recipe.data import Filters

CountTokens = Callable[[Sequence[str]], list[int]]
_Step = Callable[[Pair], Pair | Fault | None]

_PERSONAL_DATA: dict[str, _Step] = {
    "flag": flag_personal_data,
    "mask": mask_personal_data,
    "drop": drop_personal_data,
}


class Filtering:
    """The filters of a build.

    languages: the recipe's; pairs of others are not judged by `language`. count_tokens: of each text, in the base
    model's tokens; without it `max_tokens` is not applied. identifier, judge: what names a text's language and its
    variety, Acord's own where None.
    """

    def __init__(
        self,
        filters: Filters,
        *,
        languages: Sequence[str],
        count_tokens: CountTokens | None,
        identifier: Identifier | None = None,
        judge: Callable[[str], BlockVariety] | None = None,
    ) -> None:
        self._steps = _steps(filters, languages, count_tokens, identifier, judge)

    def apply(self, pair: Pair) -> Pair | Fault:
        """The first fault, or the pair: the very same object unless a filter flagged or masked something."""
        for step in self._steps:
            result = step(pair)
            if isinstance(result, Fault):
                return result
            pair = result or pair
        return pair


def _steps(
    filters: Filters,
    languages: Sequence[str],
    count_tokens: CountTokens | None,
    identifier: Identifier | None,
    judge: Callable[[str], BlockVariety] | None,
) -> list[_Step]:
    """The order: lengths, personal data, equal, debris, boilerplate, repetition, language, variety, tokens.

    Cheap ones stand first; personal data before `equal`, since replies may differ in nothing else once it is masked;
    tokens last, as they are after masking.
    """
    steps: list[_Step] = []
    least, most = filters.min_characters, filters.max_characters
    if least is not None or most is not None:
        steps.append(lambda pair: characters_fault(pair, least, most))
    if filters.personal_data != "keep":
        steps.append(_PERSONAL_DATA[filters.personal_data])
    wanted = {equal: filters.equal, debris: filters.debris, boilerplate: filters.boilerplate}
    steps += [step for step, is_wanted in {**wanted, repetition: filters.repetition}.items() if is_wanted]
    if filters.language:
        steps.append(LanguageFilter(languages, identifier or own_identifier(languages)))
    if filters.central_catalan != "keep":
        steps.append(CentralCatalanFilter(filters.central_catalan, judge or _own_judge()))
    limit = filters.max_tokens
    if limit is not None and count_tokens is not None:
        steps.append(lambda pair: tokens_fault(pair, limit, count_tokens))
    return steps


def _own_judge() -> Callable[[str], BlockVariety]:
    from acord.languages.valencian import judge

    return judge
