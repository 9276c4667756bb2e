import pytest

from acord.data.filters.debris import REASON, debris
from tests.data.filters.samples import pair


@pytest.mark.parametrize(
    ("reply", "token"),
    [
        ("That is all.<|im_end|>", "<|im_end|>"),
        ("That is all. <|im_end|> And more", "<|im_end|>"),
        ("<|im_start|>assistant\nHello", "<|im_start|>"),
        ("Hello <|im_end", "<|im_end"),
        ("Fine.</s>", "</s>"),
        ("<s> Fine.", "<s>"),
        ("<s>Fine.</s>", "<s>"),
        ("One.</s><s>Two", "</s>"),
        ("[INST] Hello [/INST] Hi", "[INST]"),
        ("<<SYS>>\nBe kind\n<</SYS>>", "<<SYS>>"),
        ("Done<|eot_id|>", "<|eot_id|>"),
        ("<|start_header_id|>assistant<|end_header_id|>", "<|start_header_id|>"),
        ("Done<end_of_turn>\n<start_of_turn>user", "<end_of_turn>"),
        ("Bon dia<|endoftext|>", "<|endoftext|>"),
        ("Hola<|assistant|>\n", "<|assistant|>"),
        ("Fin<｜end▁of▁sentence｜>", "<｜end▁of▁sentence｜>"),
        ("[TOOL_CALLS] [{}]", "[TOOL_CALLS]"),
        ("A line<0x0A>another", "<0x0A>"),
        ("▁Hello▁world", "▁"),
        ("word <pad><pad><pad>", "<pad>"),
        ("Well\n### Human: next", "### Human:"),
        ("### Response:\nHere", "### Response:"),
        ("### Instruction: do\n### Response: done", "### Instruction:"),
        ("That is all.\n\nHuman: And now?\n\nAssistant: This.", "Human:"),
        ("Assistant: Here you are.", "Assistant:"),
        ("Of course.\nUser: thanks\nAssistant: no problem", "User:"),
    ],
)
def test_remains_are_found_in_either_reply(reply: str, token: str) -> None:
    for name, one in (("chosen", pair(chosen=reply)), ("rejected", pair(rejected=reply))):
        fault = debris(one)
        assert fault is not None, reply
        assert fault == (REASON, f"{token} in the {name} reply")


@pytest.mark.parametrize(
    "reply",
    [
        "The token `<|im_end|>` closes a turn.",
        "```\n<|im_start|>user\nHi<|im_end|>\n```",
        'It writes "<|endoftext|>" at the end.',
        "In ChatML the token <|im_end|> closes a turn.",
        "Wrap it in [INST] and [/INST], then send it.",
        "Use <s>old price</s> for a strikethrough.",
        "Sequences are filled with <pad> tokens up to the same length.",
        "a <| b |> c",
        "▁▂▃▄▅ the load grows",
        "### Instructions:\n1. Mix\n2. Bake",
        "### Assistant manager\nA post",
        "Dear Human: a letter",
        "Humans: a history",
        "Human: Who is there?\nAI: A friend.\nHuman: Come in.",
        "Anna: Who is there?\nHuman: Me.\nAssistant: And me.",
        "User: the person who signs in.\nAccount: what they sign in to.",
    ],
)
def test_texts_about_templates_and_markup_stay(reply: str) -> None:
    assert debris(pair(chosen=reply)) is None


def test_prompts_are_looked_at_and_a_dialogue_that_was_asked_for_stays() -> None:
    assert debris(pair("Hi<|im_end|>")) == (REASON, "<|im_end|> in a user turn")
    assert debris(pair("Human: hi\nAssistant: hello\nHuman: who are you?")) is None
    told = "Here it is.\n\nHuman: Hi\nAssistant: Hello"
    assert debris(pair("Greet me", told)) is not None
    assert debris(pair("Write a dialogue between a person and a machine", told)) is None
    assert debris(pair("Escriu un diàleg entre una persona i una màquina", told)) is None
    assert debris(pair("Human: hi\nAssistant:", told)) is None
