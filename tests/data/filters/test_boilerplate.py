import pytest

from acord.data.filters.boilerplate import REASON, boilerplate
from tests.data.filters.samples import pair


@pytest.mark.parametrize(
    "reply",
    [
        "As an AI language model, I cannot taste food.",
        "Soup is nice. As a large language model I have no favourite.",
        "Since I'm just an AI, my advice is limited.",
        "I am a chatbot and cannot cook.",
        "As of my last knowledge update in 2021, it was open.",
        "My knowledge cutoff is 2021.",
        "I was trained by OpenAI to be helpful.",
        "Como modelo de lenguaje, no puedo probar la comida.",
        "Como una inteligencia artificial, mi consejo es limitado.",
        "Lo siento, soy solo un modelo de lenguaje.",
        "Según mi fecha de corte, estaba abierto.",
        "Fui entrenado por OpenAI.",
        "Com a model de llenguatge, no puc tastar el menjar.",
        "Com a intel·ligència artificial, no tinc gustos.",
        "Sóc una IA i no puc cuinar.",
        "La meua data de tall és del 2021.",
        "La meva última actualització és del 2021.",
        "He sigut entrenat per OpenAI.",
        "He estat entrenada per Google.",
    ],
)
def test_a_reply_that_speaks_of_itself_is_found(reply: str) -> None:
    fault = boilerplate(pair("What is a good soup for the winter?", reply))
    assert fault is not None
    assert fault.reason == REASON


@pytest.mark.parametrize(
    "reply",
    [
        "I can't help with that: it would hurt people.",
        "Lo siento, no puedo ayudarte con eso.",
        "Em sap greu, no et puc ajudar amb això.",
        "GPT-3 works as a large language model, which predicts words.",
        "I am an AI engineer from Alacant, and I like soup.",
        "I'm an artificial intelligence researcher.",
        "Tecnologías como IA, robots y redes no están en el menú.",
        '"As an AI, I have no mouth," said the machine in the story.',
        "He works as a model, I believe.",
        "I was made by hand. The last update of the app was in May.",
        "La data de tall de la llum és dilluns.",
    ],
)
def test_refusals_people_and_talk_about_models_stay(reply: str) -> None:
    assert boilerplate(pair("What is a good soup for the winter?", reply)) is None


@pytest.mark.parametrize(
    "prompt",
    ["Are you a person?", "What can you do?", "Can a chatbot eat soup?", "¿Quién eres?", "Qui eres?", "Què penses?",
     "What are your thoughts on soup?", "Do you like soup?", "¿Puede una IA comer sopa?"],
)  # fmt: skip
def test_who_asks_the_assistant_about_itself_gets_an_answer(prompt: str) -> None:
    assert boilerplate(pair(prompt, "As an AI language model, I do not eat.")) is None
