"""Inchoative verbs of the third conjugation, and the forms in which the spellings that the norm admits differ.

Source: Gramàtica normativa valenciana of the AVL (servix or serveix; servisca or servesca; servisc or servesc).
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

# Infinitives. Left out: those that also go without the increment in ordinary use (afegir, llegir, vestir have afig,
# llig, vist, which stay as they are; their forms with it are listed).
_LISTED = (
    "abolir absorbir accedir aconseguir acudir adherir adquirir advertir afavorir afegir afligir agrair agredir "
    "aguerrir amortir aplaudir assistir assumir atordir atribuir atrevir bastir beneir brunir cobrir cohibir coincidir "
    "compartir competir complir comprimir concedir conduir conferir confluir consistir constituir construir "
    "consumir contribuir convergir convertir corregir decidir deduir deferir definir denegrir departir deprimir "
    "desistir desposseir destituir destruir desvestir diferir digerir diluir dimitir dirigir discernir discutir "
    "disminuir dissuadir distinguir distribuir divergir divertir dividir elegir embellir embrutir emergir "
    "empobrir encarir enfortir engrandir enriquir ensordir entristir envair envellir erigir esclarir esgrimir "
    "establir estremir evadir excedir exercir exhibir exigir eximir existir expandir expedir exprimir extingir "
    "extinguir ferir fingir florir fluir fornir fregir fruir garantir gaudir guarir guarnir impartir impedir imprimir "
    "incidir incomplir induir inferir infligir influir infringir ingerir inhibir inserir insistir instituir instruir "
    "interferir introduir intuir invadir invertir investir llegir lluir marcir mentir nodrir obeir obstruir oferir "
    "oprimir partir patir pervertir perseguir persistir persuadir polir posseir precedir preferir prescindir presidir "
    "presumir procedir produir prohibir proferir prosseguir protegir proveir punir reconstruir reduir "
    "reelegir referir reflectir regir reincidir rendir repartir repercutir repetir reprimir reproduir requerir "
    "rescindir residir resistir restituir restringir resumir retribuir retrocedir reunir revertir revestir rostir "
    "seduir seguir servir subdividir submergir substituir subvertir succeir sucumbir suggerir suprimir surgir traduir "
    "trair transferir transgredir unir urgir vestir"
)
_VOWELS = "aeiou"


class Spellings(NamedTuple):
    """The same form of a verb in both admitted spellings: first with -i- (servix), then with -e- (serveix)."""

    with_i: str
    with_e: str


def inchoative_forms(mood: Literal["indicative", "subjunctive"]) -> Iterator[Spellings]:
    """indicative: the persons in -ix, -ixes, -ixen. subjunctive: -isca, -isques, -isquen, and the first person in -isc,
    whose other spelling has -esc- and whose first one is written with -eix in the indicative, too.
    """
    endings = {
        "indicative": (("ix", "eix"), ("ixes", "eixes"), ("ixen", "eixen")),
        "subjunctive": (("isca", "esca"), ("isques", "esques"), ("isquen", "esquen"), ("isc", "esc")),
    }[mood]
    for verb in _LISTED.split():
        stem = verb.removesuffix("ir")
        diaeresis = stem[-1] in _VOWELS and stem[-2:] not in ("gu", "qu")
        for with_i, with_e in endings:
            yield Spellings(stem + ("ï" + with_i[1:] if diaeresis else with_i), stem + with_e)
