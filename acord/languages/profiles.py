"""Variety profiles: which of the forms that the AVL admits a text uses. Nothing here mends an error: both sides of each
pair below are right, and a text that is not converted is as good as one that is.

gva: what the Generalitat prefers, after the `Criteris lingüístics de l'Administració de la Generalitat` in the edition
that the Consell agreed on in April 2024 (the editions of 2016 and 2017 preferred most forms of the other column).
university: what the public universities prefer, after the `Criteris lingüístics per als usos institucionals de les
universitats valencianes`.

    rule                    gva                                  university
    demonstratives          este, esta, estos, estes; eixe, ...  aquest, aquesta, aquests, aquestes; aqueix, ...
    inchoative_indicative   servix, servixen; produïx            serveix, serveixen; produeix
    inchoative_subjunctive  servisca, servisc                    the same; servesca, servesc become it in both
    hui                     hui                                  avui
    numerals                huit, huitanta, huité, dihuit        vuit, vuitanta, vuité, divuit
    mentres                 mentres                              mentre
    infinitives             tindre, vindre, vore, and family     tenir, venir, veure, and family
    plurals                 hòmens, jóvens, màrgens              homes, joves, marges
    vocabulary              servici, mitat, vacacions            servei, meitat, vacances

Not a matter of profile, and left alone: açò and això (two degrees of nearness), meua and seua (both profiles write
them), the accents of anglés and café, xiquet and the rest of the lexicon.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

from acord.languages.function_words import evidence
from acord.languages.inchoative import inchoative_forms

Profile = Literal["gva", "university"]


class Converted(NamedTuple):
    """changes: how many forms were changed by rule, rules without any left out."""

    text: str
    changes: dict[str, int]


class _Change(NamedTuple):
    rule: str
    form: str


_DEMONSTRATIVES = (
    "este aquest esta aquesta estos aquests estes aquestes eixe aqueix eixa aqueixa eixos aqueixos eixes aqueixes"
)
_NUMERALS = (
    "huit vuit huits vuits huitanta vuitanta huité vuité huitena vuitena huitens vuitens huitenes vuitenes "
    "huitanté vuitanté huitantena vuitantena dihuit divuit dihuité divuité dihuitena divuitena"
)
_FAMILY_OF_TINDRE = "man ob con sos re de abs entre"
_FAMILY_OF_VINDRE = "con inter pre pro esde contra re sobre a"
_PAIRS = {
    "demonstratives": _DEMONSTRATIVES,
    "hui": "hui avui",
    "numerals": _NUMERALS,
    "mentres": "mentres mentre",
    "infinitives": "tindre tenir vindre venir vore veure "
    + " ".join(f"{prefix}tindre {prefix}tenir" for prefix in _FAMILY_OF_TINDRE.split())
    + " "
    + " ".join(f"{prefix}vindre {prefix}venir" for prefix in _FAMILY_OF_VINDRE.split()),
    "plurals": "hòmens homes jóvens joves màrgens marges",
    "vocabulary": "servici servei servicis serveis mitat meitat mitats meitats vacacions vacances",
}
# A form that neither profile writes, but the AVL admits: what both turn it into.
_PLURAL_OF_AQUEST = {"gva": "estos", "university": "aquests"}

_PROTECTED = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`|\$\$.+?\$\$|\$[^$\s](?:[^$\n]*[^$\s])?\$|https?://\S+|www\.\S+|[\w.+-]{1,64}@[\w-]+\.[\w.-]+"
    r"|\{\{.*?\}\}|<[^<>\n]*>|(?<!\S)[^\s_\\/@#]*[_\\/@#]\S*",
    re.DOTALL,
)
_QUOTED = re.compile(r"«[^«»\n]*»|“[^“”\n]*”|\"[^\"\n]*\"|‘[^‘’\n]*’")
_CLAUSE = re.compile(r"[^.!?:;\n]*[.!?:;\n]*\s*")
_WORD = re.compile(r"[^\W\d_]+(?:·[^\W\d_]+)*")
_CLITIC = re.compile(r"['’](?:ls|ns|[lnmts])(?![\w'’-])|-(?:los|les|lo|la|ne|nos|vos|me|te|se|ho|hi|li)(?![\w'’-])")
# The clitics that take another shape after -re than after -r: tindre'l, tenir-lo.
_AFTER_RE = {"l": "lo", "ls": "los", "n": "ne", "m": "me", "t": "te", "s": "se", "ns": "nos"}
_AFTER_R = {long: short for short, long in _AFTER_RE.items()}
_WITH_CLITIC = re.compile(rf"({_WORD.pattern})(?:{_CLITIC.pattern})?")
_TENS = re.compile(r"(?:vint-i|trenta|quaranta|cinquanta|seixanta|setanta|huitanta|vuitanta|noranta)-\Z", re.IGNORECASE)
_HUNDREDS = re.compile(r"-(?:cents|centes|centé|centena)\b", re.IGNORECASE)
_OPENING = re.compile(r"(?:\A|[.!?:;\n]|[.!?]['’\"»”)])[\s\-–—*•·>\"'«“(¿¡#\d.]*(?:\w{1,4}\)\s+)?\Z")
_FIRST_LETTER = re.compile(r"\W*([^\W\d_])")
_BEFORE = re.compile(r"([^\W\d_]+(?:['’]\Z)?)\s*\Z")
_AFTER = re.compile(r"\s+([^\W\d_]+)")

_LOOK = 40
# A clause of few words may have evidence for none; one Spanish ending is more than this.
_UNDECIDED = -0.3


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_ARTICLES = _words("el la els les un una uns unes dels als pels del al pel")
_NUMBERS_AND_SUCH = _words("dos dues tres quatre cinc sis set huit vuit nou deu alguns diversos principals")
# `esta` without its accent is a verb after these, and before participles, gerunds and prepositions.
_BEFORE_VERB = _words(
    "no hi ja on qui què també sempre ara com ell ella quan si encara tot això açò que es se em et li ens vos us ho "
    "vostè vosté algú ningú"
)
_AFTER_VERB = re.compile(
    r"(?:ben|mal|molt|més|tan|massa|en|a|al|als|de|del|dels|per|pel|que|prop|lluny|ple|plena|la|el|les|els|un|una|no|"
    r"fet|feta|dit|dita|\w+(?:crit|crita|[aeu]nt|int|ats?|ada|its?|ida|uts?|uda|ert|erta|ost|osta))",
    re.IGNORECASE,
)
_FEMININE_NOUN = re.compile(
    r"\w+tat|vegada|jornada|entrada|mirada|arribada|temporada|dècada|vida|mida|partida|eixida|ajuda|beguda|"
    r"oferta|proposta|resposta|gent|ment|font|nit",
    re.IGNORECASE,
)


def convert(text: str, profile: Profile) -> Converted:
    """The text in the forms of a profile. Converting again changes nothing more, and the way gva, university, gva leads
    back to the first gva text.

    Left alone: code, formulas, addresses, tags and identifiers; quotations and clauses in another language; names
    (capitals that no beginning of a sentence explains); and what may be another word: l'este (the east), esta for està,
    els eixos (axes).
    """
    changes: Counter[str] = Counter()
    parts = [
        _convert_clause(part, profile, changes) if free else part
        for stretch, open_to_change in _stretches(text, _PROTECTED)
        for part, free in (_clauses(stretch) if open_to_change else [(stretch, False)])
    ]
    return Converted("".join(parts), dict(changes))


def _stretches(text: str, excepted: re.Pattern[str]) -> Iterator[tuple[str, bool]]:
    """The text in order: (stretch, whether it is outside of what is excepted)."""
    end = 0
    for match in excepted.finditer(text):
        yield text[end : match.start()], True
        yield match[0], False
        end = match.end()
    yield text[end:], True


def _clauses(stretch: str) -> Iterator[tuple[str, bool]]:
    """Clauses, with whether they are in Catalan; a quotation must be so beyond doubt."""
    for piece, unquoted in _stretches(stretch, _QUOTED):
        if not unquoted:
            yield piece, _lead_of_catalan(piece) > 0
            continue
        for match in _CLAUSE.finditer(piece):
            yield match[0], _lead_of_catalan(match[0]) > _UNDECIDED


def _lead_of_catalan(text: str) -> float:
    """Over the language that comes next, by the words that are the same in every profile."""
    points = evidence(_WITH_CLITIC.sub(lambda match: " " if match[1].lower() in _all_forms() else match[0], text))
    return points.pop("ca") - max(points.values())


@lru_cache(maxsize=1)
def _all_forms() -> frozenset[str]:
    tables = [_table(profile) for profile in get_args(Profile)]
    return frozenset(word for table in tables for word in (*table, *(change.form for change in table.values())))


def _convert_clause(clause: str, profile: Profile, changes: Counter[str]) -> str:
    table = _table(profile)
    shouted = clause.isupper()

    def replace(match: re.Match[str]) -> str:
        word = match[0]
        change = table.get(word.lower())
        if change is None:
            return word
        before, after = _surroundings(clause, match)
        if not (_case_allows(word, before, after, shouted, change.rule) and _sure(word.lower(), before, after, change)):
            return word
        changes[change.rule] += 1
        return _in_case_of(word, change.form)

    converted = _WORD.sub(replace, clause)
    return _with_clitics(converted) if changes["infinitives"] else converted


def _surroundings(clause: str, match: re.Match[str]) -> tuple[str, str]:
    """What stands before and after, as far as the rules look; a letter stands for what is cut off in front."""
    start = match.start() - _LOOK
    before = clause[: match.start()] if start <= 0 else f"x{clause[start : match.start()]}"
    return before, clause[match.end() : match.end() + _LOOK]


@lru_cache(maxsize=2)
def _table(profile: Profile) -> dict[str, _Change]:
    """Small-letter form of the other profile, or of neither: what it becomes."""
    table = {"aquestos": _Change("demonstratives", _PLURAL_OF_AQUEST[profile])}
    for rule, listed in _PAIRS.items():
        forms = listed.split()
        for gva, university in zip(forms[::2], forms[1::2], strict=True):
            old, new = (university, gva) if profile == "gva" else (gva, university)
            table[old] = _Change(rule, new)
    for gva, university in inchoative_forms("indicative"):
        old, new = (university, gva) if profile == "gva" else (gva, university)
        table[old] = _Change("inchoative_indicative", new)
    for kept, other in inchoative_forms("subjunctive"):
        table[other] = _Change("inchoative_subjunctive", kept)
    return table


def _case_allows(word: str, before: str, after: str, shouted: bool, rule: str) -> bool:
    """Small letters; capitals in a clause of capitals; a capital that opens a sentence, unless a name goes on after."""
    if word.islower() or shouted:
        return True
    if not word.istitle() or not _OPENING.search(before):
        return False
    following = _FIRST_LETTER.match(after)
    return rule != "vocabulary" or following is None or following[1].islower()


def _sure(word: str, before: str, after: str, change: _Change) -> bool:
    """Whether it is the word of the rule and no other one that is written the same."""
    if before.endswith("-"):
        return change.rule == "numerals" and _TENS.search(before) is not None
    if after.startswith("-"):
        if change.rule == "numerals":
            return _HUNDREDS.match(after) is not None
        return change.rule == "inchoative_indicative" or (change.rule == "infinitives" and _one_clitic(after))
    if after[:1] in ("'", "’") and after[1:2].isalpha():
        return change.rule == "infinitives" and _one_clitic(after)
    previous, following = _BEFORE.search(before), _AFTER.match(after)
    check = _CHECKS.get(word)
    return check is None or check(previous[1].lower() if previous else "", following[1] if following else "")


def _one_clitic(after: str) -> bool:
    return _CLITIC.match(after) is not None


def _is_determiner(previous: str, following: str) -> bool:
    """`esta`: followed by what can be a feminine noun, and not where a verb stands."""
    if previous in _BEFORE_VERB or not following:
        return False
    return _FEMININE_NOUN.fullmatch(following) is not None or _AFTER_VERB.fullmatch(following) is None


_CHECKS: dict[str, Callable[[str, str], bool]] = {
    "este": lambda previous, _: previous not in {"l'", "l’", "al", "del", "el"},
    "esta": _is_determiner,
    "eixos": lambda previous, following: (
        previous not in _ARTICLES | _NUMBERS_AND_SUCH
        and following not in {"", "de", "d", "del", "dels", "i", "o"}
        and not following.endswith("ics")
    ),
    "unix": lambda _, __: False,
    "hui": lambda previous, _: previous not in {*_ARTICLES, "ètnia", "poble"},
    "veure": lambda previous, _: previous not in {"meu", "teu", "seu", "nostre", "vostre"},
    "vore": lambda previous, _: previous not in {"meu", "teu", "seu", "nostre", "vostre"},
}


def _in_case_of(word: str, form: str) -> str:
    if word.islower():
        return form
    return form.upper() if word.isupper() and len(word) > 1 else form[0].upper() + form[1:]


_INFINITIVE_WITH_CLITIC = re.compile(
    r"\b(\w*(?:t[ie]n|v[ie]n)(?:dre|ir))(['’](?:ls|ns|[lnmts])|-(?:los|lo|ne|nos|me|te|se))(?![\w'’-])", re.IGNORECASE
)


def _with_clitics(clause: str) -> str:
    """The clitic in the shape that the infinitive's new ending asks for: tindre'l, tenir-lo."""

    def shape(match: re.Match[str]) -> str:
        infinitive, clitic = match[1], match[2][1:]
        shapes, sign = (_AFTER_R, "'") if infinitive.lower().endswith("re") else (_AFTER_RE, "-")
        new = shapes.get(clitic.lower())
        if new is None:
            return match[0]
        return f"{infinitive}{sign}{new.upper() if clitic.isupper() else new}"

    return _INFINITIVE_WITH_CLITIC.sub(shape, clause)
