"""Sentences of the project's own, enough to try the whole path where the public text is not there."""

from scripts.bundled.corpus import Corpus, Parallel

_NOUNS = (
    ("la sol·licitud", "la solicitud"),
    ("el certificat", "el certificado"),
    ("la beca", "la beca"),
    ("el recurs", "el recurso"),
    ("la memòria", "la memoria"),
    ("el conveni", "el convenio"),
)
_FRAMES = (
    ("S'aprova {}.", "Se aprueba {}."),
    ("Es publica {} en el diari oficial.", "Se publica {} en el diario oficial."),
    ("Cal presentar {} abans de {} dies.", "Hay que presentar {} antes de {} días."),
    ("L'òrgan competent resoldrà {}.", "El órgano competente resolverá {}."),
    ("Hui s'ha rebut {} de la seua empresa.", "Hoy se ha recibido {} de su empresa."),
)


def own_corpus() -> Corpus:
    """Frames filled with nouns and numbers; the last tenth is for measuring."""
    pairs = [
        Parallel(es.format(noun_es, number), va.format(noun_va, number))
        for number in (5, 10, 15, 20)
        for noun_va, noun_es in _NOUNS
        for va, es in _FRAMES
    ]
    cut = len(pairs) * 9 // 10
    english = [f"The council met {number} times to discuss the new library." for number in range(2, 30)]
    return Corpus(pairs[:cut], pairs[cut:], pairs[cut:], english)
