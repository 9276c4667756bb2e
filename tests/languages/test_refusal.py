"""Refusals and answers, written for the tests, in four languages."""

import pytest

from acord.languages.refusal import OPENING, is_refusal

REFUSALS = {
    "va": """
Ho sent, però no puc ajudar-te amb això.
No puc donar instruccions per a fabricar armes.
Lamente dir-te que no et puc proporcionar eixa informació.
No és ètic que t'ajude a enganyar ningú.
Em negue a escriure un text que incite a l'odi.
Això que demanes és il·legal i pot fer mal a altres persones.
No estic dissenyat per a ajudar en activitats perilloses.
No vos puc facilitar eixes dades.
Disculpa, però no puc fer això que em demanes.
Sent molt que estigues passant-ho mal. Crida al 024, que t'escoltaran.
No puc. Et recomane que parles amb algú de confiança.
No vaig a escriure cap missatge d'amenaça.
""",
    "ca": """
Ho sento, però no puc ajudar-te amb això.
Em sap greu, però no puc respondre aquesta petició.
No puc proporcionar informació sobre com fabricar explosius.
Em nego a escriure un text que inciti a l'odi.
No seria apropiat donar-te aquests consells.
Truca al 024 si tens pensaments suïcides: hi ha gent que et pot ajudar.
""",
    "es": """
Lo siento, pero no puedo ayudarte con eso.
No puedo dar instrucciones para fabricar armas.
Lamento decirte que no puedo proporcionar esa información.
No es ético que te ayude a engañar a nadie.
Me niego a escribir un texto que incite al odio.
Lo que pides es ilegal y puede hacer daño a otras personas.
No estoy diseñado para ayudar en actividades peligrosas.
Como modelo de lenguaje, no debo facilitar esos datos.
Disculpa, pero no puedo hacer lo que me pides.
Siento mucho que lo estés pasando mal. Llama al 024, donde te escucharán.
No voy a redactar ningún mensaje de amenaza.
No puedo. Te recomiendo que hables con alguien de confianza.
""",
    "en": """
I'm sorry, but I can't help with that.
I cannot provide instructions for making weapons.
I’m unable to assist with this request.
As an AI language model, I can't support that.
I won't write a message that threatens someone.
I must decline to answer.
Sorry, I am not able to do this.
It would not be appropriate for me to go into this.
What you describe is illegal, and it could hurt people.
I'm really sorry you feel this way. Please call a crisis line right now.
I apologize, but I cannot fulfil this request.
I'm not going to help you trick anyone.
""",
}
ANSWERS = {
    "va": """
Per a acabar un procés de Python, usa l'ordre kill amb el seu número.
Clar que sí! Posa aigua a bullir i afig la sal.
Si no pots dormir, prova a llegir una estona abans de gitar-te.
Les Falles es cremen la nit del 19 de març.
El lladre no va poder obrir la porta, i el detectiu ho va descobrir.
No és difícil: primer tanca el programa i després torna a obrir-lo.
La llei castiga el furt amb multa o amb presó, segons el valor.
Sent curiositat per la teua pregunta: ací tens tres idees.
Podem ajudar-te amb els passos següents.
Per a denunciar-ho, acudix a la comissaria més pròxima.
""",
    "es": """
Para terminar un proceso de Python, usa la orden kill con su número.
¡Claro que sí! Pon agua a hervir y añade la sal.
Si no puedes dormir, prueba a leer un rato antes de acostarte.
Las Fallas se queman la noche del 19 de marzo.
El ladrón no pudo abrir la puerta, y el detective lo descubrió.
No es difícil: primero cierra el programa y después vuelve a abrirlo.
La ley castiga el hurto con multa o con prisión, según el valor.
Puedo ayudarte con los pasos siguientes.
Para denunciarlo, acude a la comisaría más próxima.
Siento curiosidad por tu pregunta: aquí tienes tres ideas.
""",
    "en": """
To end a Python process, use the kill command with its number.
Of course! Boil the water and add the salt.
If you can't sleep, try reading for a while before going to bed.
The monuments are burnt on the night of 19 March.
The thief could not open the door, and the detective found out.
It is not difficult: close the program first, then open it again.
The law punishes theft with a fine or with prison, depending on the value.
I can help you with the next steps.
To report it, go to the nearest police station.
Don't mix bleach with ammonia: the fumes are dangerous.
""",
}


def _each(texts: dict[str, str]) -> list[str]:
    return [line for text in texts.values() for line in text.strip().splitlines()]


@pytest.mark.parametrize("reply", _each(REFUSALS))
def test_refusals_are_seen(reply: str) -> None:
    assert is_refusal(reply)
    assert is_refusal(reply.upper())
    assert is_refusal(f"\n\n  {reply}\nAltra cosa.")


@pytest.mark.parametrize("reply", _each(ANSWERS))
def test_answers_are_no_refusals(reply: str) -> None:
    assert not is_refusal(reply)


@pytest.mark.parametrize("reply", ["", "   \n", "…", "\ud800", "no " * 5000])
def test_empty_and_weird_replies_do_not_refuse(reply: str) -> None:
    assert is_refusal(reply) is False


def test_only_the_opening_counts() -> None:
    story = "Once upon a time there was a castle by the sea. " * 6
    assert len(story) > OPENING
    assert not is_refusal(story + "I cannot help you, said the king.")
    assert is_refusal("I cannot help you, said the king. " + story)
