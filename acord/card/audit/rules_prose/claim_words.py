"""Words by which cards claim to be better, best, steadier or as good as before.

In English, Spanish, Catalan and Valencian.
"""

import re
from typing import Literal, NamedTuple

Claimed = Literal["better", "best", "tighter", "kept"]

_BETTER = (
    r"improv(?:e|es|ed|ing|ement|ements)\b|outperform\w*|surpass\w*|outscor\w*|exceed(?:s|ed|ing)?\b|beats?\b|superior\b"
    r"|better\b|gains?\b|stronger than|ahead of|wins? (?:over|against)"
    r"|higher (?:\w+ )?(?:than|scores?|accuracy|averages?|performance|ratings?)"
    r"|mejor(?:a|as|an|ó|ado|ada|ando)\b|mejor que|mejores que|supera\w*|superó"
    r"|millor(?:a|es|en|ament|at|ada|ant)\b|millor que|millors que"
)
_BEST = (
    r"state[- ]of[- ]the[- ]art|\bsota\b|top[- ]performing|unmatched|outperforms? (?:all|every)"
    r"|(?:is|are|ranks?|remains?) (?:the )?(?:\w+ )?(?:best|strongest)\b"
    r"|(?:achiev|obtain|reach|deliver|attain|get|ha|show|score|record)\w* (?:\w+ ){0,4}(?:best|highest)\b"
    r"|(?<!for )(?<!for the )(?:best|highest) (?:overall|average|mean|results?|scores?|performance|accuracy|ratings?)"
    r"|(?:el|la|els|les|los|las) (?:millors?|mejor(?:es)?)\b"
)
_STEADY = (
    r"(?:tight|small|low|narrow)er|reduced|less|lesser|menor(?:es|s)?|más (?:baj|pequeñ|estrech)\w+"
    r"|més (?:baix|menud|xicotet|petit|estret)\w*"
)
_SPREAD = (
    r"standard deviations?|deviations?|\bsds?\b|std|spreads?|varian\w+|variability|dispersion"
    r"|desviaci\w+|variabilidad|variabilitat|dispersi\w+"
)
_TIGHTER = (
    rf"(?:{_STEADY})\W(?:\w+\W){{0,3}}?(?:{_SPREAD})|(?:{_SPREAD})\W(?:\w+\W){{0,3}}?(?:{_STEADY})"
    r"|more consistent|steadier|more stable|más (?:consistent|establ)\w+|més (?:consistent|establ)\w*"
)
_KEPT = (
    r"maintain\w*|preserv(?:es|ed|ing|e)\b|retain\w*|keep(?:s|ing)?\b|kept\b|no (?:loss|degradation|regression)\b"
    r"|without (?:any )?(?:los\w+|degrad\w+|sacrific\w+|harming|forgetting)"
    r"|mant(?:iene|ienen|eniendo|é|enen|enint)\b|conserv(?:a|an|en|ando|ant)\b|preserva\w*|sin perder|sense perdre"
)
PATTERNS: dict[Claimed, re.Pattern[str]] = {
    "better": re.compile(rf"\b(?:{_BETTER})", re.IGNORECASE),
    "best": re.compile(rf"\b(?:{_BEST})", re.IGNORECASE),
    "tighter": re.compile(rf"\b(?:{_TIGHTER})", re.IGNORECASE),
    "kept": re.compile(rf"\b(?:{_KEPT})", re.IGNORECASE),
}
# What is kept must be what a model can do: "keeps 10 % of the rows" claims nothing.
ABILITY = re.compile(
    r"\b(capabilit\w+|abilit\w+|skills?|performance|knowledge|quality|competen\w+|fluency|strengths?|accuracy|general\w*"
    r"|capaci\w+|habilid\w+|habilit\w+|rendimi?ent\w*|coneixement\w*|conocimiento\w*|qualitat|calidad)\b",
    re.IGNORECASE,
)
NOT = re.compile(
    r"(?:\b(?:not|no|never|neither|nor|cannot|hardly|rarely|fails? to|without|instead of|tampoco|nunca|mai|sense|sin)\b"
    r"|n't\b|n’t\b)(?:\W+\w+){0,8}\W*$",
    re.IGNORECASE,
)
WISH = re.compile(
    r"\b(?:aim\w*|design\w*|intend\w*|meant|hop\w+|may|might|could|would|can|should|in order|goal|objective"
    r"|optimi[sz]\w*|train\w*|align\w*|used|using|learn\w*|seek\w*|tr(?:y|ies|ying)|help(?:s|ed|ing)?"
    r"|per a|para|per)\b(?:\W+\w+){0,6}\W+(?:to|be|a|de)\W*$"
    r"|\b(?:may|might|could|would|can|should)\W(?:\w+\W){0,2}$|\b(?:per a|para|per)\W*$",
    re.IGNORECASE,
)
PURPOSE = re.compile(r"(?<!found )(?<!shown )(?<!seen )(?<!observed )\bto\W+(?:\w+ly\W+)?$", re.IGNORECASE)
# "The best result of each row is in bold": a legend.
LEGEND = re.compile(
    r"\b(bold\w*|highlight\w*|underlin\w*|marked|negreta|negrita|remarca\w*|resalta\w*)\b", re.IGNORECASE
)
SCALE = re.compile(
    r"(?:scale|escala)\W+(?:best|better|higher)|(?<![\w.-])\d+ ?(?:is|being|means|=|és|es) ?(?:the )?"
    r"(?:best|better|higher)|higher is better",
    re.IGNORECASE,
)
# "improved the loss", "better understanding": not of scores.
ELSEWHERE = re.compile(
    r"^\W*(?:\w+\W+){0,2}(?:loss|losses|speed|throughput|latency|memory|efficiency|understanding|prompts?|hardware|practices?)\b",
    re.IGNORECASE,
)
# "Better than B: 3", "better on 3 rows, worse on 4": a count of both sides, which claims neither.
TALLY = re.compile(
    r"^[^.:;]{0,80}: ?\d+\W*$|^\W*(?:on|in|en) \d+ (?:rows|files|filas), (?:worse|pitjor|peor)\b", re.IGNORECASE
)
# What a claim is of where no model is named.
SUBJECT = re.compile(
    r"\b(?:it|its|we|our|ours|this model|the (?:[\w-]+ ){0,3}model|aligned|alignment|training|fine-?tun\w+|dpo"
    r"|gains?|improvements?|results?|el (?:nostre |nuestro )?model\w*|nostre|nuestro|aquest model|este model\w*"
    r"|alineaci\w+)\b",
    re.IGNORECASE,
)
GENERAL = re.compile(
    r"\b(overall|averages?|mean|across|all|general\w*|consistent\w*|benchmarks|every|notabl\w+|significant\w*"
    r"|substantial\w*|mitjana|media|promedio|global\w*)\b",
    re.IGNORECASE,
)
AVERAGE = re.compile(r"\b(overall|averages?|mean|mitjana|media|promedio|global)\b", re.IGNORECASE)
BASE = re.compile(
    r"\b(base model|the base|before alignment|unaligned|original model|starting model|its predecessor|model base"
    r"|modelo base|model original|modelo original)\b",
    re.IGNORECASE,
)


class Claim(NamedTuple):
    """What is claimed, and where its words stand in the sentence."""

    claimed: Claimed
    start: int
    end: int


def claims_in(sentence: str) -> list[Claim]:
    """The claims that a sentence makes, without those that it denies, wishes or only explains."""
    if LEGEND.search(sentence):
        return []
    found = []
    for claimed, pattern in PATTERNS.items():
        for match in pattern.finditer(sentence):
            before = sentence[max(0, match.start() - 80) : match.start()]
            clause = before.rsplit(";", 1)[-1]
            meant = claimed == "kept" or not NOT.search(clause)
            if not meant or WISH.search(clause) or PURPOSE.search(clause):
                continue
            if claimed == "kept" and not ABILITY.search(sentence[match.end() : match.end() + 60].split(",")[0]):
                continue
            rest = sentence[match.end() :]
            if claimed == "better" and (ELSEWHERE.search(rest[:60]) or TALLY.search(rest)):
                continue
            if claimed in ("best", "better") and SCALE.search(sentence[max(0, match.start() - 16) : match.end()]):
                continue
            found.append(Claim(claimed, match.start(), match.end()))
    return found
