"""Function words and spellings: evidence for a language that a few words can give.

A model of letters alone takes `la crueltat` or `que puguen` for Spanish. Words that one language alone lists are worth
most; one that several list is divided among them. Neighbours that a reply could drift into (Portuguese, Galician,
French, Italian, German, Dutch, Basque, Romanian) are listed so that they are told apart.
"""

import re
from collections.abc import Mapping

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
# Endings and letters that one of the three does not share with the other two. Spanish words end in a vowel or in
# n, s, r, l, d, z; Catalan ones in nearly any consonant.
_SPELLINGS = {
    "ca": r"l·l|[çàèò]|[^aeiouáéíóúàèòïünsrldzyjx\W\d_]\b|[bcdfgklmnpqrtv]s\b|[aeiou]v(?:a|en|es|em|eu)\b|ny|tx"
    r"|[aeiou]ix|ï|[aeoi]ss|\b[dlnsmt]['’]|ió\b|tges?\b|t[lz]|-(?:lo|la|los|les|ne|hi|ho|se|me|te|nos|vos)\b"
    r"|[gq]ü[eé]|\bll",
    "es": r"ñ|¿|¡|ción\b|ciones\b|dad\b|dades\b|mente\b|ue[rnls]|ie[rnlsmtdzgvb]|[aeiou]d[ao]s?\b|[íáó]n\b|ía[sn]?\b"
    r"|[aeo]mos\b|\w{3}os?\b|[ao]bas?\b|as\b|z\b|ll[aeo]s?\b|[áú]\w",
    "en": r"th|wh|sh|ing\b|tion|ed\b|ck|ght|ly\b|ee|oo|ou[rgl]|['’]s\b|y\b|k|w|['’](?:t|re|ve|ll)\b",
}
_COMPILED = {language: re.compile(pattern) for language, pattern in _SPELLINGS.items()}
_WORD = re.compile(r"[^\W\d_]+(?:[·'’][^\W\d_]+)*")
_ELIDED = re.compile(r"^[dlnsmtcj]['’]|['’](?:n|l|m|t|s|ls|ns|hi|ho)$")
_ALONE, _SPELLING = 2.0, 0.35


def evidence(text: str) -> dict[str, float]:
    """Points by language, for ca, es and en and for the others that have any. Case does not matter."""
    lower = text.lower()
    points = {language: _SPELLING * len(pattern.findall(lower)) for language, pattern in _COMPILED.items()}
    for word in _WORD.findall(lower):
        languages = _LISTED.get(word) or _LISTED.get(_ELIDED.sub("", word), ())
        for language in languages:
            points[language] = points.get(language, 0.0) + (_ALONE if len(languages) == 1 else 1 / len(languages))
    return points
