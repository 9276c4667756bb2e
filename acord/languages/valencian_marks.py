"""Forms that tell Valencian from central Catalan.

Valencian marks are forms of the norm of the Acadèmia Valenciana de la Llengua that general Catalan does not use (este,
meua, servix, tinga, anglés). Central marks are forms outside that norm (meva, parlo, serveixi, tingui, anglès). What
the norm admits and both share (aquest, servei, ofereix, avui, us, sortir, tarda, veure, tenir, nosaltres) marks
nothing: no admitted form counts against a text. Words of the general lexicon that Valencian does not use, whatever
dictionaries record, are faint central marks: one alone decides nothing.

Source: Gramàtica normativa valenciana and Diccionari normatiu valencià, both of the AVL.
"""

import re
from typing import NamedTuple


class Marks(NamedTuple):
    """What was found, each in the order of the text. faint: central forms that count half."""

    valencian: tuple[str, ...]
    central: tuple[str, ...]
    faint: tuple[str, ...]


# The norm writes a closed e where central spelling has an open one. Each stem stands for its word in -és, -é or -én.
_STEMS_ES = (
    "angl franc portugu japon xin holand irland escoc dan senegal island finland tailand polon congol taiwan liban "
    "vien aragon genov milan neerland sudan inter desinter burg barcelon"
)
_STEMS_E = (
    "cinqu sis set huit vuit nov des onz dotz tretz catorz quinz setz disset divuit dinou vint trent quarant cent "
    "caf beb comit pur canap al consom"
)
_STEMS_EN = "apr compr dep of def sorpr empr susp despr"
_WITH_CLOSED_E = (
    "conéixer reconéixer desconéixer paréixer aparéixer desaparéixer meréixer véncer convéncer "
    "féiem féieu déiem déieu véiem véieu créiem créieu tréiem"
)
_CLOSED_E = (
    *(f"{stem}és" for stem in _STEMS_ES.split()),
    *(f"{stem}é" for stem in _STEMS_E.split()),
    *(f"{stem}én" for stem in _STEMS_EN.split()),
    *_WITH_CLOSED_E.split(),
)

_VALENCIAN_WORDS = {
    "determiners, adverbs, numerals": "este esta estes estos eixe eixa eixes açò ací aixina meua meues teua teues "
    "seua seues hui mentres prompte debades huit huitanta huitena díhuit",
    "infinitives and their family": "tindre vindre mantindre obtindre contindre sostindre retindre convindre "
    "intervindre previndre vore prevore vorem voreu voràs vorà voran voré voria eixir eixit eixits eixida eixides "
    "eixint ix ixen isc isca isquen isques ixes eixiré eixirà eixiran eixim eixiu eixia eixien traure traurem "
    "nàixer renàixer nàixen",
    "subjunctive": "siga sigues siguen sigam sigau tinga tingues tinguen tingam vinga vinguen obtinga obtinguen "
    "mantinga mantinguen continga continguen convinga intervinga puga pugues puguen pugam vullga vullgues vullguen "
    "vullgam faça faces façam facen haja hages hagen hàgem estiga estigues estiguen vaja vages vagen sàpia sàpies "
    "sàpien diga diguen conega coneguen reconega aparega apareguen dega deguen bega beguen escriga escriguen moga "
    "moguen valga valguen calga prenga prenguen aprenga aprenguen comprenga comprenguen depenga òbriga òbriguen "
    "òmpliga córrega córreguen crega creguen isquera",
    "imperfect subjunctive": "haguera hagueren tinguera tingueren poguera pogueren volguera volgueren vinguera "
    "vingueren diguera digueren estiguera estigueren sabera saberen haguessen tinguessen poguessen volguessen "
    "fossen estiguessen",
    "first person": "pense espere recorde recomane estime treballe parle mire trobe necessite ajude explique "
    "considere adjunte presente sol·licite demane confirme aprofite desitge lamente",
    "plurals in -ns": "hòmens jóvens imàtgens màrgens térmens órdens òrfens vèrgens",
    "lexicon": "xiquet xiqueta xiquets xiquetes xic xica xics xiques xicotet xicoteta xicotets xicotetes vesprada "
    "vesprades espill espills granera graneres poal poals creïlla creïlles dacsa bresquilla bresquilles tomaca "
    "tomaques fraula fraules abadejo servici servicis orde faena faenes corder corders rabosa raboses roín roïn "
    "roïna roïns bonico bonicos bellea riquea pobrea naturalea quallat llanda llandes clòtxina "
    "clòtxines desdejuni desdejunar calfar calfador gitar torcar xarrar xarra xarrada ferramenta ferramentes nóvio "
    "nóvia dènou",
}
_CENTRAL_WORDS = {
    "possessives": "meva meves teva teves seva seves",
    "subjunctive": "hagi hagis hagin hagim vagi vagis vagin faci facis facin sàpiga sàpigues sàpiguen càpiga "
    "càpiguen cregui creguin corri corrin",
    "first person": "penso espero recordo recomano estimo treballo parlo miro trobo necessito ajudo explico "
    "considero adjunto sol·licito demano confirmo aprofito desitjo lamento agraeixo suggereixo ofereixo",
    "others": "sisplau",
}
_FAINT_WORDS = "noi noia nois noies noiet noieta nen nena nens nenes xai xais maco maca macos maques petó petons"

_VALENCIAN = frozenset(_CLOSED_E) | {word for words in _VALENCIAN_WORDS.values() for word in words.split()}
_CENTRAL = frozenset(form.replace("é", "è") for form in _CLOSED_E) | {
    word for words in _CENTRAL_WORDS.values() for word in words.split()
}
_FAINT = frozenset(_FAINT_WORDS.split())


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# Inchoative verbs: servix, construïxen, oferisca, patisc. The vowels keep out coneix, mateix, dibuix.
_INCHOATIVE = re.compile(r"\w{2,}[^aeouàèéíòóú](?:ix|ixen|isc|isca|isques|isquen)|\w{2,}ï(?:x|xen|sc|sca|sques|squen)")
_NO_INCHOATIVE = _words(
    "prefix sufix infix afix crucifix fènix mix remix hèlix apèndix fixen prefixen mixen marisc visc disc risc "
    "morisc basilisc menisc obelisc asterisc visca visquen confisca confisquen confisques llisca llisquen "
    "llisques arrisca arrisquen arrisques trisca bisca pisca morisca morisques marisca netflix matrix fèlix félix "
    "phoenix demotix asterix obelix francisca prisca índix còdix dúplix triplix"
)
# Subjunctives of the most productive verbs: es formalitze, es verifique; in central Catalan es formalitzi.
_SUBJUNCTIVE_ITZE = re.compile(r"\w{2,}(?:itze|ifique)")
_SUBJUNCTIVE_ITZI = re.compile(r"\w{2,}itzi[sn]?")
# -iste for men: periodiste, artiste.
_ISTE = re.compile(r"\w{3,}iste")
_NO_ISTE = _words("consiste insiste resiste assiste desiste persiste despiste existe subsiste")
# Central subjunctives: tingui, expliquis, busquin; serveixi; visitin, parlessin.
_SUBJUNCTIVE_GUI = re.compile(r"\w+[gq]ui(?:s|n)?")
_NO_GUI = _words("qui aqui sequi arqui esqui esquis whisqui penguin seguin seguis segui")
_SUBJUNCTIVE_IXI = re.compile(r"\w+ixi(?:s|n)?")
_NO_IXI = _words("axi taxi taxis maxi")
_SUBJUNCTIVE_IN = re.compile(r"\w{3,}(?<![aeio])in")
_NO_IN = _words(
    "berlin dublin martin joaquin robin darwin stalin putin lenin plugin login admin begin origin margin bitcoin "
    "benjamin austin kevin justin collin franklin pekin within again cabin satin vitamin protein cousin latin "
    "puffin muffin linkedin gherkin colin chaplin goblin pinguin mandarin merlin rasputin baldwin edwin corbin "
    "erwin odin marvin calvin melvin godwin valentin quentin agustin"
)
# After que, perquè: a present in -i is a central subjunctive (que parli), in -e a Valencian one (que parle). The final
# -e is shared with some indicatives and nouns, which are left out; articles before the word are not skipped. A capital
# makes it a name.
_AFTER_QUE = re.compile(
    r"\b(?i:que|perquè|quan|encara que)\s+(?i:(?:no|ja|es|et|em|us|vos|hi|ho|li|ens|se|me|te)\s+){0,3}"
    r"([a-zà-öø-ÿ·]{2,}[bcdfghjlmnprstvxzçñ][ie])\b"
)
_NO_SUBJUNCTIVE = _words(
    "premi estudi servici edifici juli ordi anàlisi síntesi crisi tesi taxi sempre entre sobre quatre onze dotze "
    "tretze catorze quinze setze altre nostre vostre este eixe corre omple obre cobre descobre recorre ocorre "
    "transcorre concorre sofre rebre pare mare home nombre alcalde viatge conte compte diumenge setembre octubre "
    "novembre desembre base classe escriure creure veure mentre darrere cine cotxe ordre noble pobre temple "
    "exemple poble centre metge jutge ministre sense quasi gaire jove simple"
)
_NOUN_IN_E = re.compile(r"(?:isme|esme|atge|ecte|iste|ble|ime|arre|urge|ure|[bdt]re)$")
# Roman numerals: segle IX is not the verb ix.
_ROMAN = re.compile(r"\b[IVXLCDM]+\b")
_WORD = re.compile(r"[^\W\d_]+(?:·[^\W\d_]+)*")
_PREVERBAL_VOS = re.compile(r"(?<![-\w])vos(?=\s+\w)")
_FIRST_PERSON_O = re.compile(r"\bjo\s+(?:(?:no|em|me|et|ho|hi|us|li|els|ja|també)\s+){0,2}([a-zà-öø-ÿ]{3,}o)\b")


def find_marks(text: str) -> Marks:
    """The Valencian and central marks of a text known to be Catalan or Valencian. Case does not matter."""
    written = _ROMAN.sub(" ", text)
    lower = written.lower()
    valencian, central, faint = [], [], []
    for word in _WORD.findall(lower):
        if _is_valencian(word):
            valencian.append(word)
        elif _is_central(word):
            central.append(word)
        elif word in _FAINT:
            faint.append(word)
    valencian += _PREVERBAL_VOS.findall(lower)
    central += [word for word in _FIRST_PERSON_O.findall(lower) if word not in _CENTRAL]
    for word in _AFTER_QUE.findall(lower if written.isupper() else written):
        if word in _NO_SUBJUNCTIVE or word in _VALENCIAN or _is_central(word):
            continue
        if word.endswith("i"):
            central.append(word)
        elif not _NOUN_IN_E.search(word):
            valencian.append(word)
    return Marks(tuple(valencian), tuple(central), tuple(faint))


def _is_valencian(word: str) -> bool:
    return (
        word in _VALENCIAN
        or (_INCHOATIVE.fullmatch(word) is not None and word not in _NO_INCHOATIVE)
        or (_ISTE.fullmatch(word) is not None and word not in _NO_ISTE)
        or _SUBJUNCTIVE_ITZE.fullmatch(word) is not None
    )


def _is_central(word: str) -> bool:
    return (
        word in _CENTRAL
        or (_SUBJUNCTIVE_GUI.fullmatch(word) is not None and word not in _NO_GUI)
        or _SUBJUNCTIVE_ITZI.fullmatch(word) is not None
        or (_SUBJUNCTIVE_IXI.fullmatch(word) is not None and word not in _NO_IXI)
        or (_SUBJUNCTIVE_IN.fullmatch(word) is not None and word not in _NO_IN)
    )
