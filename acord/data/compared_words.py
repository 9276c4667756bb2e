"""The words of a text as they are compared with those of an evaluation, and which of them say something."""

import html
import re
import unicodedata
from collections.abc import Iterable

_WORD = re.compile(r"[^\W_]+")
# Accents, marks of direction, soft hyphens and joiners: what may be missing without another word being meant.
_MARKS = re.compile("[\u00ad\u0300-\u036f\u200b-\u200f\u2060\ufeff]+")
# Tags, the targets of Markdown links, and references such as [12], all of which stand in the middle of sentences.
_MARKUP = re.compile(r"</?[a-z][^<>]{0,200}>|\]\([^()\s]*\)|\[\d{1,3}\]", re.IGNORECASE)

# What the languages of evaluations put a sentence together with, as compared.
_ENGLISH = (
    "about after all also am an and any are as at be because been before being but by can could did do does for from "
    "had has have he her here him his how if in into is it its just ll me more most my no not of off on one or our out "
    "over own re she should so some such than that the their them then there these they this those to too up us ve "
    "very was we were what when where which who whom whose why will with would yes you your"
)
_SPANISH = (
    "al algo alguien algun alguna antes asi aun aunque cada como con cual cuales cuando cuanto cuantos de del desde "
    "donde dos el ella ellas ellos en entre era eran eres es esa ese eso esos esta estan estas este esto estos fue "
    "fueron ha han hay la las le les lo los mas me mi mis mucho muy nada ni no nos nosotros nuestra nuestro os otra "
    "otro para pero poco por porque puede pueden que quien quienes se sea ser si sin sobre son su sus tambien tan te "
    "tiene tienen toda todo todos tu tus un una uno unos usted ya yo"
)
_CATALAN = (
    "abans aixi aixo algu alguna allo als altra altre amb aquell aquella aquest aquesta aquestes aquests dels des eixa "
    "eixe eixos els em ens esta estan este estes ets fins foren ha han hi ho ja jo les li mes meu meua meva molt molta "
    "ne no nosaltres on pel pels per pero poc pot poden quan quant quants que qui quin quina quines quins res seu seua "
    "seues seus seva seves si sino soc son sota tambe te tenen teu teua teva tot tota tots totes una unes uns va van "
    "vos vosaltres vostra vostre"
)
_FUNCTION_WORDS = frozenset(f"{_ENGLISH} {_SPANISH} {_CATALAN}".split())


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared: NFKD, case folded, without accents, punctuation and markup.

    Accents go because people leave them out, and because Valencian writes `anglés` where central Catalan has `anglès`.
    """
    if "&" in text:
        text = html.unescape(text)
    if "<" in text or "[" in text:
        text = _MARKUP.sub(" ", text)
    if text.isascii():
        return _WORD.findall(text.lower())
    return _WORD.findall(_MARKS.sub("", unicodedata.normalize("NFKD", text).casefold()))


def has_content(words: Iterable[str]) -> bool:
    """Whether two different words say something: "what is it that you do" and "1 2 3 4 5 6" belong to nobody."""
    return len({word for word in words if says_something(word)}) > 1


def says_something(word: str) -> bool:
    """Whether a word, as compared, is more than a function word, a number or a single letter."""
    return len(word) > 1 and not word.isdigit() and word not in _FUNCTION_WORDS
