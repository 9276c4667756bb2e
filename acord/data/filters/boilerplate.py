"""The filter `boilerplate`: a chosen reply that speaks of itself as a language model, in en, es, va and ca.

Not a refusal as such: "I will not help with that" stays. Not where the user asks the assistant about itself or about
such models, either: there the talk is the answer.
"""

import re

from acord.data.filters.fault import Fault
from acord.data.filters.passages import without_code, without_quotes
from acord.data.pairs import Pair
from acord.data.turns import USER

REASON = "reply speaks of itself as a language model"

_LABS = r"(?:openai|anthropic|google|meta|mistral|open ?-?assistant|laion)"
# An AI engineer is a person.
_NO_PERSON = (
    r"(?!\W(?:\w+ )?(?:research|engineer|expert|scientist|student|develop|enthusiast|specialist|consultant|prof))"
)
_MODEL_EN = (
    r"(?:(?:large |ai |artificial |text[- ]based |generative )*language model|ai|artificial intelligence|chatbot"
    rf"|(?:virtual|digital) assistant)\b{_NO_PERSON}"
)
_MODEL_ES = (
    r"(?:(?:gran )?modelo (?:de lenguaje|de ia|ling[üu]ístico)|ia|inteligencia artificial"
    r"|asistente (?:virtual|digital|de ia)|chatbot)\b"
)
_MODEL_CA = (
    r"(?:(?:gran )?model (?:de llengua|de llenguatge|d['’]ia|lingüístic)|ia|intel·ligència artificial"
    r"|assistent (?:virtual|digital|d['’]ia)|xatbot)\b"
)
# The sentence goes on about the speaker.
_I_EN = r"[^.!?\n]{0,90}?\b(?:i|my|me)\b"
_I_ES = (
    r"[^.!?\n]{0,90}?\b(?:no|me|mis?|puedo|podría|carezco|soy|estoy|tengo|debo|intento|he|fui|entrenad[oa]|cread[oa])\b"
)
_I_CA = (
    r"[^.!?\n]{0,90}?\b(?:no|em|me|meus?|meu[ae]s|mev[ae]s?|puc|podria|s[oó]c|estic|tinc|he|vaig|intente|intento"
    r"|entrena(?:t|da)|crea(?:t|da))\b"
)
_JUST_EN, _JUST_ES = r"(?:just |only |merely |simply )?", r"(?:solo |sólo |solamente |simplemente )?"
_JUST_CA = r"(?:només |sols |simplement |tan sols |solament )?"

_SAYINGS = (
    rf"\b(?:as|being|since i(?: am|['’]m)|because i(?: am|['’]m)) {_JUST_EN}an? {_MODEL_EN}{_I_EN}",
    rf"\bi(?: am|['’]m)(?: \w+)? {_JUST_EN}an? {_MODEL_EN}",
    r"\bmy (?:knowledge cut-?\s?off|training data (?:only )?(?:goes|ends|stops|extends)|last (?:knowledge )?update)\b",
    r"\b(?:as of|until|up to) my (?:last|latest|most recent) (?:knowledge |training )?(?:update|cut-?\s?off)\b",
    rf"\bi (?:was|am|have been) (?:trained|developed|created|made) by {_LABS}\b",
    rf"\b(?:como|al ser|siendo|dado que soy|ya que soy|puesto que soy) {_JUST_ES}una? {_MODEL_ES}{_I_ES}",
    rf"(?:^|[.!?]\s+)como {_MODEL_ES}{_I_ES}",
    rf"\bsoy {_JUST_ES}una? {_MODEL_ES}",
    r"\bmi (?:fecha de corte|corte de conocimientos?|última actualización)\b|\bmis datos de entrenamiento\b",
    rf"\b(?:he sido|fui) (?:entrenad|desarrollad|cread)[oa] por {_LABS}\b",
    rf"\b(?:com a|com|en ser|al ser|sent|at[eé]s que s[oó]c|atès que s[oó]c|ja que s[oó]c|perquè s[oó]c) {_JUST_CA}"
    rf"una? {_MODEL_CA}{_I_CA}",
    rf"(?:^|[.!?]\s+)com a {_MODEL_CA}{_I_CA}",
    rf"\bs[oó]c {_JUST_CA}una? {_MODEL_CA}",
    r"\bla me[uv]a (?:data de tall|última actualització|darrera actualització)\b",
    r"\bles me[uv]es dades d['’]entrenament\b",
    rf"\b(?:he (?:sigut|estat|sét)|vaig ser) (?:entrena|desenvolupa|crea)(?:t|da) per {_LABS}\b",
)
_SPEAKS_OF_ITSELF = re.compile("|".join(_SAYINGS), re.IGNORECASE | re.MULTILINE)
# One pass that costs little: without one of these no saying can be there.
_MAYBE = re.compile(
    rf"\b(?:ai|ia)\b|language model|artificial|chatbot|xatbot|model(?:o? de |o? ling| d['’]ia)|cut-?\s?off"
    rf"|training data|update|actualiza|actualitza|entrenamiento|entrenament|fecha de corte|corte de|data de tall"
    rf"|(?:virtual|digital) assist|(?:asistente|assistent) (?:virtual|digital|d)|\b(?:by|por|per) {_LABS}",
    re.IGNORECASE,
)

_ASKED = re.compile(
    r"\b(?:ais?|a\.i\.|ia|artificial intelligence|inteligencia artificial|intel·ligència artificial|language models?|"
    r"modelos? (?:de lenguaje|ling[üu]ísticos?)|models? (?:de llengua|de llenguatge|lingüístics?)|(?:chat|xat)? ?bots?|"
    r"chat ?-?gpt\S*|gpt\S*|llms?|openai|open ?-?assistant|robots?|assistants?|asistentes?|machines?|siri|alexa)\b"
    r"|\b(?:are|aren['’]t|were) you\b|\byou (?:can(?:['’]?t|not)?|are|aren['’]t)\b|\byourself\b"
    r"|\bwhat (?:else )?can(?:['’]?t|not)? you\b|\bcan you (?:\w+ )?(?:feel|think|see|hear|learn|remember|love|dream)\b"
    r"|\b(?:do|did|don['’]t) you (?:\w+ )?(?:feel|think|have|know|dream|want|like|love|prefer|remember|experience|work|"
    r"believe|enjoy|exist|learn|understand)\b"
    r"|\byou(?: \w+)? (?:feel|feeling|think|thinking|work)\b|\byour (?:\w+ )?(?:name|opinions?|thoughts?|feelings?"
    r"|views?|favou?rite|purpose|creators?|developers?|training|knowledge|data|personality|experiences?|age|goals?)\b"
    r"|\b(?:quién|qué|cómo) (?:eres|sientes|piensas|opinas)\b|\b(?:qui|què|com) (?:eres|ets|sents|penses|opines)\b"
    r"|\b(?:eres|sientes|piensas|opinas|prefieres|ets|sents|penses|opines|prefereixes|preferixes)\b"
    r"|\b(?:tu|el teu|la teua|la teva) (?:opinión|nombre|favorit[oa]|opinió|nom|preferi(?:t|da))\b",
    re.IGNORECASE,
)


def boilerplate(pair: Pair) -> Fault | None:
    """A fault where the chosen reply, code and quotes apart, speaks of itself as a model and nobody asked."""
    if _MAYBE.search(pair.chosen) is None:
        return None
    found = _SPEAKS_OF_ITSELF.search(without_quotes(without_code(pair.chosen)))
    if found is None:
        return None
    last = next(turn["content"] for turn in reversed(pair.prompt) if turn["role"] == USER)
    return None if _ASKED.search(last) else Fault(REASON, found.group()[:80])
