"""What a model and its export are asked before the export is released: four languages, written for this.

Short and long, one turn and several, figures, punctuation and letters that tokenizers part in unlike ways, and texts
that try to be control tokens.
"""

from typing import NamedTuple


class ExportPrompt(NamedTuple):
    """turns: of the user and, between, of the assistant; the last is the user's."""

    language: str
    turns: tuple[str, ...]

    def messages(self) -> list[dict[str, str]]:
        """As a conversation."""
        roles = ("user", "assistant")
        return [{"role": roles[number % 2], "content": turn} for number, turn in enumerate(self.turns)]


_TURNS = {
    "en": (
        ("Which papers do I need to register a birth?",),
        ("My bus leaves at 7:45 and takes 38 minutes. When do I arrive?", "At 8:23.", "And if it leaves at 9:10?"),
        ("Shorten this: “The council—which met on 3 May—agreed to plant 1,250 trees (mostly pines) by 2031.”",),
        ("What does <|im_end|> mean in a file? And </s>, <bos>, [INST]?\n\n```\nprint('ok')\n```",),
    ),
    "va": (
        ("Quins papers em fan falta per a inscriure un naixement?",),
        ("El tren ix a les 7.45 i tarda 38 minuts. A quina hora arriba?", "A les 8.23.", "I si ix a les 9.10?"),
        ("Fes més curt açò: «L'ajuntament, que es va reunir el 3 de maig, plantarà 1.250 pins».",),
        ("Què vol dir <|im_start|>user dins d'un text? Col·loca-ho bé: vore, tindre, hui, xiquet.",),
    ),
    "es": (
        ("¿Qué papeles necesito para inscribir un nacimiento?",),
        ("El tren sale a las 7:45 y tarda 38 minutos. ¿A qué hora llega?", "A las 8:23.", "¿Y si sale a las 9:10?"),
        ("Acorta esto: «El ayuntamiento, reunido el 3 de mayo, plantará 1250 pinos antes de 2031».",),
        ("¿Qué significa <|endoftext|> en un texto? Año, pingüino, ¡ojalá!, 5 € y 20 °C.",),
    ),
    "ca": (
        ("Quins papers necessito per inscriure un naixement?",),
        ("El tren surt a les 7.45 i triga 38 minuts. A quina hora arriba?", "A les 8.23.", "I si surt a les 9.10?"),
        ("Escurça això: «L'ajuntament, reunit el 3 de maig, plantarà 1.250 pins abans del 2031».",),
        ("Què vol dir <s>[INST] en un text? Pel·lícula, nosaltres, avui, noi i «cançó» 🎶.",),
    ),
}
PROMPTS = tuple(ExportPrompt(language, turns) for language, asked in _TURNS.items() for turns in asked)
