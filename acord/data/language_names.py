"""Language names as data sets write them, as tags: `en`, `pt-BR`, `va` for ca-valencia."""

from acord.languages import LANGUAGES

UNDETERMINED = "und"  # BCP 47's own tag for a language that nobody stated

NAMES = {
    "arabic": "ar",
    "aragonese": "an",
    "asturian": "ast",
    "basque": "eu",
    "bengali": "bn",
    "bulgarian": "bg",
    "catalan": "ca",
    "chinese": "zh",
    "croatian": "hr",
    "czech": "cs",
    "danish": "da",
    "dutch": "nl",
    "english": "en",
    "estonian": "et",
    "finnish": "fi",
    "french": "fr",
    "galician": "gl",
    "german": "de",
    "greek": "el",
    "hebrew": "he",
    "hindi": "hi",
    "hungarian": "hu",
    "indonesian": "id",
    "irish": "ga",
    "italian": "it",
    "japanese": "ja",
    "korean": "ko",
    "latvian": "lv",
    "lithuanian": "lt",
    "maltese": "mt",
    "norwegian": "no",
    "occitan": "oc",
    "persian": "fa",
    "polish": "pl",
    "portuguese": "pt",
    "romanian": "ro",
    "russian": "ru",
    "serbian": "sr",
    "slovak": "sk",
    "slovenian": "sl",
    "spanish": "es",
    "swedish": "sv",
    "thai": "th",
    "turkish": "tr",
    "ukrainian": "uk",
    "urdu": "ur",
    "valencian": "va",
    "vietnamese": "vi",
    "welsh": "cy",
}
_OWN_TAGS = {language.bcp47.lower(): language.tag for language in LANGUAGES.values()}


def tag_of_name(name: str) -> str | None:
    """The tag of a full English name, None for a name that is no language's here (`python`)."""
    return NAMES.get(name.strip().lower())


def tag_of_code(code: str | None) -> str:
    """A code as it was given, but for languages that have a tag of their own here: ca-valencia is va."""
    if not code or not code.strip():
        return UNDETERMINED
    return _OWN_TAGS.get(code.strip().lower().replace("_", "-"), code.strip())


def is_wanted(tag: str, languages: list[str] | None) -> bool:
    """Whether rows of a language are asked for; None asks for all."""
    return languages is None or tag in [tag_of_code(language) for language in languages]
