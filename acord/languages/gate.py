"""Which language a short text is in: ca (Catalan, Valencian with it), es, en, or another.

Function words and spellings decide. Neighbours that a reply could drift into (Portuguese, Galician, French, Italian,
German, Dutch, Basque, Romanian) are named so that they are told apart, and all are reported as `other`.
"""

import re
from collections.abc import Mapping

OTHER = "other"
KEPT = ("ca", "es", "en")

_WORDS = {
    "ca": "el la els les un una uns unes de del dels al als a en amb per i o ni que què qui quin quina quins quines "
    "com quan on si no és són era eren ser està estan estar hi ha han he hem heu va van vaig vam vas fer fa fan té "
    "tenen tens tinc tenir tindre pot poden puc podem dir diu molt molta molts moltes més menys poc tot tota tots "
    "totes altre altra altres cada mateix mateixa aquest aquesta aquests aquestes este esta estos estes eixe eixa "
    "eixos eixes això açò allò ací aquí allí meu meua meva seu seua seva seus seues seves teu teua teva nostre "
    "nostra nostres vostre vostra em et es ens us vos li ho me te se lo sí també ja encara ara hui avui després "
    "abans sempre mai dins fora sobre entre fins des cap perquè però sinó doncs així aixina encara tan tant bon "
    "bona bo dia dies any anys dos dues tres només cal gràcies hola vull vol volem ajuda ajudar puguem pel pels res "
    "tothom ningú algú alguna alguns algunes aquell aquella aquells qual quals segons durant davant damunt davall "
    "sota darrere havia hauria seria fou foren veure vore sortir eixir parlar saber cosa coses gent casa nom temps",
    "es": "el la los las un una unos unas de del al a en con por para y o u ni que qué quién cuál cómo cuándo dónde "
    "si no es son era eran ser está están estar hay ha han he hemos va van voy fue hacer hace hacen tiene tienen "
    "tengo tener puede pueden puedo podemos decir dice muy mucho mucha muchos muchas más menos poco todo toda todos "
    "todas otro otra otros otras cada mismo misma este esta estos estas ese esa esos esas esto eso aquello aquí "
    "allí mi mis su sus tu tus nuestro nuestra nuestros nuestras me te se nos os le les lo sí también ya todavía "
    "ahora hoy después antes siempre nunca dentro fuera sobre entre hasta desde porque pero sino pues así tan tanto "
    "bueno buena buen día días año años dos tres solo sólo gracias hola quiero quiere ayuda ayudar como cuando "
    "donde nada nadie alguien alguna algunos algunas aquel aquella cual cuales según durante delante debajo detrás "
    "había habría sería fueron ver salir hablar saber cosa cosas gente casa nombre tiempo",
    "en": "the a an of to in on at by for with from and or but not no is are was were be been being am do does did "
    "has have had can could will would should may might must shall this that these those it its he she they we you "
    "i his her their our your my me him them us who what which when where why how if then than as so there here "
    "also very more most some any all each other such only just about into over after before between because while "
    "up out down again once yes please thanks hello want help make one two three don't can't i'm it's let's you're "
    "sorry",
    "fr": "le la les un une des du de au aux et ou ni que qui quoi dont où est sont était être avoir ai as a ont "
    "avec pour par sur dans sans sous chez je tu il elle nous vous ils elles mon ma mes ton ta tes son sa ses notre "
    "votre leur ce cet cette ces ne pas plus moins très bien mais donc car si comme aussi oui non bonjour merci "
    "voici peut peux faire fait tout tous toute toutes autre même c'est l'on être aujourd'hui en y se",
    "pt": "o a os as um uma uns umas de do da dos das ao aos à às em no na nos nas com por para e ou nem que quem "
    "qual como quando onde se não é são era foi ser está estão ter tem têm mais menos muito muita muitos muitas "
    "todo todos outro outra este esta isto isso aquele meu minha seu sua seus suas nosso você vocês eu ele ela eles "
    "nós me te lhe também já ainda agora hoje depois antes sempre nunca mas porque então sim obrigado olá pode "
    "fazer pelo",
    "gl": "o a os as un unha uns unhas de do da dos das ao aos á ás en no na nos nas con por para e ou nin que quen "
    "cal como cando onde se non é son era foi ser está están ter ten teñen máis menos moito moita moitos todo todos "
    "outro outra este esta isto iso aquel meu miña seu súa seus súas noso eu el ela eles nós me che lle tamén xa "
    "aínda agora hoxe despois antes sempre nunca mais porque entón si grazas ola pode facer polo pola",
    "it": "il lo la i gli le un uno una di del dello della dei degli delle al alla ai alle in nel nella con per tra "
    "e o né che chi quale come quando dove se non è sono era essere sta stanno ha hanno avere più meno molto molta "
    "molti tutto tutti tutte altro altra questo questa questi quello mio mia suo sua nostro vostro mi ti si ci vi "
    "lui lei loro io anche già ancora ora oggi dopo prima sempre mai ma perché quindi così sì grazie ciao può fare "
    "sul sulla",
    "de": "der die das den dem des ein eine einen einem einer und oder aber nicht kein keine ist sind war waren sein "
    "haben hat habe ich du er sie es wir ihr mein dein sein unser mit von zu zum zur im in am an auf aus bei nach "
    "für über unter wie was wer wo wann warum wenn dass weil auch noch schon sehr mehr nur hier dort ja nein danke "
    "bitte kann können werden wird man sich",
    "nl": "de het een en of niet geen is zijn was waren ik jij hij zij wij jullie mijn jouw hun met van voor naar op "
    "te aan bij uit over onder dat die dit deze waar wat wie wanneer waarom hoe ook nog al maar omdat dan als heeft "
    "hebben heb had kan kunnen wordt worden zal moet veel meer zeer hier daar ja nee dank",
    "eu": "eta edo baina ez bai da dira zen ziren dago daude du dute dut zuen izan egin hau hori hura hauek horiek "
    "ni zu gu haiek nire zure gure bat bi hiru oso asko gehiago ere hemen han orain gaur nola noiz non zer nor zein "
    "eskerrik asko kaixo mesedez dela duen bezala arte",
    "ro": "și sau dar nu este sunt era fi are au am cu pe la din de în pentru prin că care ce cine cum când unde "
    "dacă mai foarte mult toate acest această acesta eu tu el ea noi voi ei lor meu mea tău sa său o un une ale "
    "cele",
}
_LISTED: Mapping[str, tuple[str, ...]] = {
    word: tuple(language for language, words in _WORDS.items() if word in words.split())
    for word in sorted({word for words in _WORDS.values() for word in words.split()})
}
_SPELLINGS = {
    "ca": r"l·l|ny\b|ny[aeiouàèéíòóú]|\btx|tx\b|[aeiou]ig\b|ció\b|cions\b|tat\b|tats\b|[aeio]ment\b"
    r"|\b[dlnsmt]['’][aeiouhàèéíòóú]|eix|[aeiou]ix|-(?:lo|la|los|les|ne|hi|ho|se|me|te|nos|vos)\b|[gq]ü[eé]|[àèò]"
    r"|nt\b|\w{3}esa\b|atge\b|['’](?:n|l|m|t|s|ls|ns)\b|tz|ïx|[ií]\b(?<=[a-z]{4})|uen\b|ç",
    "es": r"ñ|¿|¡|ción\b|ciones\b|dad\b|dades\b|mente\b|ue[rnls]|ie[rnls]|ll[aeo]|ando\b|iendo\b|[aeiou]do\b"
    r"|[aeiou]da\b|[íáó]n\b|ía\b|[aeo]mos\b|[rltns]o\b|[rltn]os\b",
    "en": r"th|wh|sh|ing\b|tion\b|tions\b|ed\b|ck|ght|ly\b|ee|oo|ou[rgl]|'s\b|y\b|k[ei]|w",
    "fr": r"eau|aux\b|oux?\b|ê|œ|où|tion\b|ment\b|qu['’]|\b[cjnmtsdl]['’][aeiouhéêà]|ez\b|ée\b|eur\b"
    r"|euse\b|è[rtmv]e|ç|ette\b",
    "pt": r"ão\b|ões\b|ã|õ|nh|lh|ções\b|ê|dade\b|\w{2}ei\b|ç|ém\b|agem\b",
    "gl": r"ñ|ción\b|cións\b|dade\b|nh|x[aeiou]|\w{2}ou\b|eir[oa]s?\b|\bunha\b",
    "it": r"zion[ei]\b|gli|cch|zz|tà\b|\b(?:l|un|dell|all|nell|d)['’]|[aeiou]re\b|mente\b|ss[aeio]|tt[aeio]|\w{3}i\b",
    "de": r"sch|ß|ä|ö|ü|ung\b|ich|ein|cht|ei[nt]|tz|keit\b|en\b",
    "nl": r"ij|aa|sch|lijk|oe|uu|ge\w{1,20}d\b|heid\b|ee[nlr]|en\b",
    "eu": r"tx|tz|k\b|ak\b|ek\b|ko\b|ren\b|tzen\b|rekin\b|etan\b|z\b|kin\b",
    "ro": r"ș|ț|ă|â|î|ului\b|ilor\b|ește\b",
}
_COMPILED = {language: re.compile(pattern) for language, pattern in _SPELLINGS.items()}
_WORD = re.compile(r"[^\W\d_]+(?:[·'’][^\W\d_]+)*")
_ELIDED = re.compile(r"^[dlnsmtcj]['’]|['’](?:n|l|m|t|s|ls|ns|hi|ho)$")
_LATIN = re.compile(r"[a-zà-öø-ÿœșțăâîĀ-ſ·'’]+", re.IGNORECASE)
# A word that one language alone lists is worth most; one that several list is divided among them. Spellings only tip
# the scales: names and borrowed words have those of elsewhere.
_ALONE, _SPELLING = 2.0, 0.35
LEAST = 1.0


def language_of(text: str) -> str:
    """ca, es, en or other. Text without words, in another script or without any evidence is `other`."""
    return decide(language_scores(text))


def decide(scores: Mapping[str, float]) -> str:
    """The language that leads; `other` where none reaches LEAST, or where a neighbour leads. Order breaks ties."""
    best = max(scores, key=lambda language: scores[language], default=OTHER)
    return best if best in KEPT and scores[best] >= LEAST else OTHER


def language_scores(text: str) -> dict[str, float]:
    """Evidence for each language; {} where most words are in another script."""
    lower = text.lower()
    words = _WORD.findall(lower)
    latin = [word for word in words if _LATIN.fullmatch(word)]
    if not words or len(latin) * 2 < len(words):
        return {}
    scores = dict.fromkeys(_WORDS, 0.0)
    for word in latin:
        for form in (word, _ELIDED.sub("", word)):
            languages = _LISTED.get(form, ())
            for language in languages:
                scores[language] += _ALONE if len(languages) == 1 else 1 / len(languages)
            if languages:
                break
    for language, pattern in _COMPILED.items():
        scores[language] += _SPELLING * len(pattern.findall(lower))
    return scores
