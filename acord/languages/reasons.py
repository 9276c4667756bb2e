"""Why a row became no pair, as people read it. Tables keep the English reason, which is counted and searched for."""

from collections.abc import Mapping

from acord.languages import interface_language

# English -> Valencian, Spanish. Reasons that name a column or a type stay as they are.
_REASONS: Mapping[str, tuple[str, str]] = {
    "a transcript of a whole dialogue (set format: hh)": (
        "transcripció d'un diàleg sencer (indiqueu format: hh)",
        "transcripción de un diálogo entero (indique format: hh)",
    ),
    "beyond the quota": ("fora de la quota", "fuera de la cuota"),
    "chosen equals rejected": ("la preferida i la rebutjada són iguals", "la preferida y la rechazada son iguales"),
    "chosen reply is central Catalan": (
        "la resposta preferida és en català central",
        "la respuesta preferida está en catalán central",
    ),
    "chosen reply is in another language": (
        "la resposta preferida és en una altra llengua",
        "la respuesta preferida está en otra lengua",
    ),
    "contaminated": ("conté el que pregunten les proves", "contiene lo que preguntan las pruebas"),
    "content is not text": ("el contingut no és text", "el contenido no es texto"),
    "deleted": ("esborrada", "borrada"),
    "duplicate": ("duplicat", "duplicado"),
    "empty text": ("text buit", "texto vacío"),
    "failed review": ("no ha passat la revisió", "no ha pasado la revisión"),
    "labelled as another language": ("etiquetada en una altra llengua", "etiquetada en otra lengua"),
    "labelled personal data": ("etiquetada amb dades personals", "etiquetada con datos personales"),
    "labelled spam": ("etiquetada com a brossa", "etiquetada como basura"),
    "labels should be lists of one length": (
        "les etiquetes no són llistes d'igual llargària",
        "las etiquetas no son listas de igual longitud",
    ),
    "labels should have values from 0 to 1": (
        "les etiquetes no tenen valors de 0 a 1",
        "las etiquetas no tienen valores de 0 a 1",
    ),
    "language not asked for": ("llengua no demanada", "lengua no pedida"),
    "left out by the policy": ("exclosa pel criteri de parells", "excluida por el criterio de pares"),
    "near-duplicate prompt": ("petició quasi igual a una altra", "petición casi igual a otra"),
    "nested too deeply": ("massa nivells d'anidament", "demasiados niveles de anidamiento"),
    "no pair beneath it": ("cap parell per davall", "ningún par por debajo"),
    "no ranked sibling": ("cap germana ordenada", "ninguna hermana ordenada"),
    "no rejected reply from the endpoint": (
        "el servidor no ha donat cap resposta per a rebutjar",
        "el servidor no ha dado ninguna respuesta que rechazar",
    ),
    "no reply of the assistant at the end": (
        "no acaba amb una resposta de l'assistent",
        "no acaba con una respuesta del asistente",
    ),
    "no reply to the same prompt on the other side": (
        "sense resposta a la mateixa petició en l'altra banda",
        "sin respuesta a la misma petición en el otro lado",
    ),
    "no transcript": ("no és una transcripció", "no es una transcripción"),
    "not JSON": ("no és JSON", "no es JSON"),
    "not UTF-8": ("no és UTF-8", "no es UTF-8"),
    "orphaned": ("òrfena", "huérfana"),
    "personal data": ("dades personals", "datos personales"),
    "prompt and reply have too many tokens": (
        "la petició i la resposta tenen massa tokens",
        "la petición y la respuesta tienen demasiados tokens",
    ),
    "prompt is in another language": (
        "la petició és en una altra llengua",
        "la petición está en otra lengua",
    ),
    "rank equal to its siblings'": ("en el mateix lloc que les germanes", "en el mismo puesto que sus hermanas"),
    "remains of a chat template": ("restes d'una plantilla de xat", "restos de una plantilla de chat"),
    "repeated message id": ("identificador de missatge repetit", "identificador de mensaje repetido"),
    "repeated prompt": ("petició repetida", "petición repetida"),
    "replies differ in form only": (
        "les respostes només difereixen en la forma",
        "las respuestas solo difieren en la forma",
    ),
    "reply goes round in circles": ("la resposta es repetix en cercle", "la respuesta se repite en círculo"),
    "reply has too few characters": (
        "la resposta té massa pocs caràcters",
        "la respuesta tiene demasiado pocos caracteres",
    ),
    "reply has too many characters": (
        "la resposta té massa caràcters",
        "la respuesta tiene demasiados caracteres",
    ),
    "reply speaks of itself as a language model": (
        "la resposta parla de si mateixa com a model de llengua",
        "la respuesta habla de sí misma como modelo de lenguaje",
    ),
    "reply to no user turn": ("no respon a cap torn de l'usuari", "no responde a ningún turno del usuario"),
    "text holds a NUL character": ("el text conté un caràcter NUL", "el texto contiene un carácter NUL"),
    "text is not valid Unicode": ("el text no és Unicode vàlid", "el texto no es Unicode válido"),
    "the prompt does not end with a user turn": (
        "la petició no acaba amb un torn de l'usuari",
        "la petición no acaba con un turno del usuario",
    ),
    "the prompts differ": ("les peticions són diferents", "las peticiones son distintas"),
    "the row is longer than 16 MiB": ("la fila fa més de 16 MiB", "la fila ocupa más de 16 MiB"),
    "the row is no JSON object": ("la fila no és un objecte JSON", "la fila no es un objeto JSON"),
    "the transcript does not end with an assistant turn": (
        "la transcripció no acaba amb un torn de l'assistent",
        "la transcripción no acaba con un turno del asistente",
    ),
    "tie": ("empat", "empate"),
    "tie (overall_preference 0)": ("empat (overall_preference 0)", "empate (overall_preference 0)"),
    "too long to translate": ("massa llarga per a traduir-la", "demasiado larga para traducirla"),
    "translated twin": ("bessona traduïda", "gemela traducida"),
    "translation broke the text": ("la traducció ha trencat el text", "la traducción ha roto el texto"),
    "translator failed": ("el traductor ha fallat", "el traductor ha fallado"),
    "tree given up": ("arbre abandonat", "árbol abandonado"),
    "unknown origin": ("origen desconegut", "origen desconocido"),
    "unknown role": ("rol desconegut", "rol desconocido"),
    "unreadable value": ("valor il·legible", "valor ilegible"),
    "unranked reply": ("resposta sense ordenar", "respuesta sin ordenar"),
}
_PLACES = {"va": 0, "es": 1}


def reason_text(reason: str) -> str:
    """A reason of dropped.parquet in the interface's language; as it is where there are no words for it."""
    place = _PLACES.get(interface_language().tag)
    return reason if place is None or reason not in _REASONS else _REASONS[reason][place]
