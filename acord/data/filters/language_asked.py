"""Whether a request names another language than its own, or asks for a translation, in en, es, va or ca."""

import re

# Stems of the names of languages in English, Spanish and Catalan, and their own names, by tag.
_NAMES = {
    "en": "english|inglés|inglesa?|anglés|anglès|anglesa",
    "es": "spanish|castilian|español|española|castellano|espanyol|espanyola|castellà",
    "ca": "catalan|valencian|catalán|catalana|valenciano|valenciana|català|valencià|mallorquín|mallorquí",
    "fr": "french|francés|francesa|francès|français|francais",
    "de": "german|alemán|alemana|alemany|alemanya|deutsch",
    "it": "italian|italiano|italiana|italià",
    "pt": "portuguese|portugués|portuguesa|portuguès|português|portugues|brazilian|brasileño|brasiler",
    "gl": "galician|gallego|gallega|gallec|galego",
    "eu": "basque|vasco|euskera|eusquera|basc|euskara",
    "oc": "occitan|occitano|occità|aranés|aranès",
    "ro": "romanian|rumano|rumana|romanés|romanès",
    "nl": "dutch|neerlandés|holandés|neerlandès|holandès|nederlands",
    "sv": "swedish|sueco|suec|svenska",
    "no": "norwegian|noruego|noruec|norsk",
    "da": "danish|danés|danès|dansk",
    "fi": "finnish|finés|finlandés|finlandès|suomi",
    "ru": "russian|ruso|rusa|rus|russa|русском",
    "uk": "ukrainian|ucraniano|ucraïnés|ucraïnès",
    "pl": "polish|polaco|polaca|polonés|polonès|polski",
    "cs": "czech|checo|txec",
    "hu": "hungarian|húngaro|hongarés|hongarès|magyar",
    "el": "greek|griego|griega|grec|grega",
    "tr": "turkish|turco|turca|turc|türkçe",
    "ar": "arabic|árabe|àrab",
    "he": "hebrew|hebreo|hebrea|hebreu",
    "fa": "persian|farsi|persa",
    "hi": "hindi|hindú",
    "bn": "bengali|bengalí",
    "ur": "urdu",
    "zh": "chinese|mandarin|chino|china|mandarín|xinés|xinès|mandarí|中文",
    "ja": "japanese|japonés|japonesa|japonès|日本語",
    "ko": "korean|coreano|coreana|coreà|한국어",
    "vi": "vietnamese|vietnamita",
    "th": "thai|tailandés|tailandès",
    "id": "indonesian|indonesio|indonesi|malay|malayo",
    "tl": "tagalog|tagalo|filipino",
    "sw": "swahili|suajili",
    "la": "latin|latín|llatí",
    "eo": "esperanto",
    "af": "afrikaans",
}
_NAMED = re.compile(
    r"\b(?:" + "|".join(f"(?P<{tag}>{names})" for tag, names in _NAMES.items()) + r")\b",
    re.IGNORECASE,
)
_TRANSLATE = re.compile(
    r"\b(?:translat|traduc|traduï|traduix|tradueix|traduzca|idioma|llengua|language|lengua|bilingu|multilingu|foreign)\w*"
    r"|\bhow do (?:you|i) say\b|\bcómo se dice\b|\bcom es diu\b|\bcom se diu\b",
    re.IGNORECASE,
)


def names_another_language(asked: str, language: str) -> bool:
    """Whether a request names a language that is not `language`, or speaks of translating or of languages."""
    if _TRANSLATE.search(asked):
        return True
    return any(match.lastgroup != language for match in _NAMED.finditer(asked))
