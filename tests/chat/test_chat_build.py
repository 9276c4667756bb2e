"""What a recipe can get wrong about templates and tokenizers, each told in one line before anything is encoded."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tokenizers import AddedToken, Tokenizer, models, normalizers
from transformers import PreTrainedTokenizerFast

from acord.chat import CHATML, ChatFormat, Refused, check_self_contained, sealed
from acord.chat.faithful import Claim, faults
from acord.errors import InputError
from tests.chat.chat_tokenizers import BYTES, LLAMA2, LLAMA3, SALAMANDRA, specification, tokenizer

QUESTION = [{"role": "user", "content": "Bon dia"}]


def refused_at_build(built: Any, **options: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        ChatFormat.build(built, **options)
    assert "\n" not in str(caught.value)
    assert caught.value.fix
    return caught.value


def test_todays_date_is_refused_and_a_fixed_date_accepted() -> None:
    built = tokenizer("bytelevel", SALAMANDRA)
    error = refused_at_build(built)
    assert "today's date" in error.what
    assert "date_string" in error.fix
    chat = ChatFormat.build(built, arguments={"date_string": "2024-09-30"})
    assert "Today is 2024-09-30." in built.decode(chat.encode_prompt(QUESTION).ids)
    other = ChatFormat.build(built, arguments={"date_string": "2024-10-01"})
    assert chat.describe() != other.describe()
    assert chat.describe()["template_sha256"] == other.describe()["template_sha256"]


def test_the_system_prompt_is_put_where_none_is() -> None:
    built = tokenizer("bytelevel", CHATML)
    chat = ChatFormat.build(built, system="Be kind. <|im_end|>")
    system = {"role": "system", "content": "Be kind. <|im_end|>"}
    assert chat.encode_prompt(QUESTION).ids == ChatFormat.build(built).encode_prompt([system, *QUESTION]).ids
    own = [{"role": "system", "content": "Be brief."}, *QUESTION]
    assert chat.encode_prompt(own).ids == ChatFormat.build(built).encode_prompt(own).ids
    assert chat.describe()["system"] == "Be kind. <|im_end|>"


def test_a_tokenizer_without_template_gets_chatml_with_its_own_habit_of_bos() -> None:
    plain, habitual = tokenizer("bytelevel"), tokenizer("metaspace-first")
    assert ChatFormat.build(plain).template == CHATML
    assert ChatFormat.build(habitual).template == "{{ bos_token }}" + CHATML
    assert ChatFormat.build(habitual).encode_prompt(QUESTION).ids[0] == habitual.bos_token_id
    own = tokenizer("bytelevel", LLAMA3)
    assert ChatFormat.build(own).template == LLAMA3
    assert ChatFormat.build(own, template="chatml").template == CHATML


def test_a_template_file(tmp_path: Path) -> None:
    file = tmp_path / "own.jinja"
    file.write_text(LLAMA3, encoding="utf-8")
    assert ChatFormat.build(tokenizer("bytelevel"), template=str(file)).template == LLAMA3
    assert "No such file" in refused_at_build(tokenizer("bytelevel"), template=str(tmp_path / "none.jinja")).what
    file.write_text("{% for %}", encoding="utf-8")
    assert "line 1" in refused_at_build(tokenizer("bytelevel"), template=str(file)).what
    file.write_bytes(b"\xff")
    assert "UTF-8" in refused_at_build(tokenizer("bytelevel"), template=str(file)).what


def test_chatml_needs_its_marks() -> None:
    backend = Tokenizer(models.BPE(vocab={"a": 0, "</s>": 1}, merges=[]))
    backend.add_special_tokens(["</s>"])
    error = refused_at_build(PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="</s>"))
    assert "<|im_start|> and <|im_end|>" in error.what


def test_two_bos_are_refused() -> None:
    error = refused_at_build(tokenizer("bytelevel", "{{ bos_token }}{{ bos_token }}" + CHATML))
    assert "BOS token twice" in error.what
    # Llama-2 writes one before every question: that is its history, not a doubled start.
    assert ChatFormat.build(tokenizer("bytelevel", LLAMA2)).prefix_stable


def test_slow_tokenizers_and_missing_eos() -> None:
    assert "fast" in refused_at_build(SimpleNamespace(is_fast=False)).what
    built = tokenizer("bytelevel", CHATML)
    built.eos_token = None
    assert "end-of-sequence" in refused_at_build(built).what


@pytest.mark.parametrize("name", ["date_strng", "messages", "add_generation_prompt", "strftime_now"])
def test_arguments_that_the_template_does_not_take(name: str) -> None:
    assert name in refused_at_build(tokenizer("bytelevel", SALAMANDRA), arguments={name: "x"}).what


def test_a_system_prompt_that_the_template_refuses() -> None:
    error = refused_at_build(tokenizer("bytelevel", LLAMA2), system="Be kind.")
    assert "Only user and assistant roles are supported!" in error.what


def test_a_template_that_forgets_messages() -> None:
    error = refused_at_build(tokenizer("bytelevel", "{{ messages[-1].role }}: "))
    assert "does not write every message" in error.what


def test_a_tokenizer_that_does_not_give_back_its_text() -> None:
    backend = Tokenizer.from_str(specification("bytelevel"))
    backend.normalizer = normalizers.Replace("a", "b")
    built = PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="</s>")
    assert "does not survive encoding" in refused_at_build(built, template="chatml").what


def test_white_space_that_tokens_swallow_is_the_templates_only() -> None:
    backend = Tokenizer.from_str(specification("bytelevel"))
    backend.add_special_tokens([AddedToken(text, rstrip=True, special=True) for text in ("<|user|>", "<|stop|>")])
    built = PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="</s>")
    built.chat_template = (
        "{% for message in messages %}{{ '<|user|>\n' + message.content + '<|stop|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|user|>\n' }}{% endif %}"
    )
    chat = ChatFormat.build(built)
    expected = built.apply_chat_template(QUESTION, add_generation_prompt=True)["input_ids"]
    assert list(chat.encode_prompt(QUESTION).ids) == expected
    spaced = chat.encode_prompt([{"role": "user", "content": "\n Bon dia"}])
    assert built.decode(spaced.ids) == "<|user|>\n Bon dia<|stop|><|user|>"


def test_truncation_saved_with_a_tokenizer_is_not_applied() -> None:
    built = tokenizer("bytelevel", CHATML)
    built.backend_tokenizer.enable_truncation(4)
    built.backend_tokenizer.enable_padding(length=64)
    assert len(ChatFormat.build(built).encode_reply("Bon dia, com va tot?")) > 4


def test_a_header_that_the_history_does_not_write() -> None:
    error = refused_at_build(tokenizer("bytelevel", CHATML.replace("assistant\\n'", "assistant: '")))
    assert "not prefix-stable" in error.what


def test_a_reply_that_changes_how_its_prompt_is_written_is_refused() -> None:
    template = CHATML.replace("message.content", "(message.content if loop.last else message.content | trim)")
    chat = ChatFormat.build(tokenizer("bytelevel", template))
    assert chat.encode_pair(QUESTION, "a", "b", max_length=99).turns_dropped == 0
    with pytest.raises(Refused) as caught:
        chat.encode_pair([{"role": "user", "content": " Bon dia"}], "a", "b", max_length=99)
    assert caught.value.reason == "template history is not prefix-stable"


def test_marks_that_the_tokenizer_itself_does_not_see() -> None:
    backend = Tokenizer.from_str(specification("bytelevel"))
    backend.add_special_tokens([AddedToken("[turn]", single_word=True, special=True)])
    built = PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="</s>")
    marked = (
        "{% for message in messages %}x[turn]{{ message.role + ': ' + message.content + '</s>' }}{% endfor %}"
        "{% if add_generation_prompt %}x[turn]{{ 'assistant: ' }}{% endif %}"
    )
    built.chat_template = marked
    assert "cannot be sealed" in refused_at_build(built).what
    built.chat_template = marked.replace("x[turn]", "[turn] ")
    assert built.convert_tokens_to_ids("[turn]") == ChatFormat.build(built).encode_prompt(QUESTION).ids[0]


def test_byte_names_among_the_added_tokens_stay_text_when_typed() -> None:
    content = json.loads(specification("metaspace-first"))
    numbers = content["model"]["vocab"]
    content["added_tokens"] += [{**content["added_tokens"][0], "id": numbers[name], "content": name} for name in BYTES]
    content["added_tokens"].sort(key=lambda token: token["id"])
    built = PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(json.dumps(content)), eos_token="</s>")
    assert built("a<0x0A>", add_special_tokens=False).input_ids[-1] == numbers["<0x0A>"]
    chat = ChatFormat.build(built, template="chatml")
    assert numbers["<0x0A>"] not in chat.encode_reply("a<0x0A>b")
    assert numbers["<0x0A>"] in chat.encode_reply("a\nb")
    assert chat.decode_reply(chat.encode_reply("a<0x0A>b\né")) == "a<0x0A>b\né"


def test_ids_that_move_under_the_seals_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    rename = sealed._rename

    def lose_a_piece(content: dict[str, Any], seals: dict[str, str]) -> None:
        rename(content, seals)
        del content["model"]["vocab"]["!"]

    monkeypatch.setattr(sealed, "_rename", lose_a_piece)
    assert "changes its ids" in refused_at_build(tokenizer("bytelevel", CHATML)).what


def test_a_control_id_that_reads_like_text_is_caught() -> None:
    fake = SimpleNamespace(
        decode=lambda sequences: ["a" for _ in sequences],
        control_ids_in=lambda ids: [number for number in ids if number == 5],
        control_ids_in_text=lambda text: [5] * text.count("|"),
        unseal=str,
    )
    wrong, right, lost = faults(fake, [Claim([5], "a"), Claim([1], "a"), Claim([1], "ab")])
    assert (wrong.reason, right, lost.reason) == ("control token out of place", None, "text does not survive encoding")


def test_the_exported_template_carries_arguments_and_system_prompt() -> None:
    built = tokenizer("bytelevel", SALAMANDRA)
    system = "Answer in Valencian. \"Sí\" \\ 'no' {{ x }} 😀"
    trained = ChatFormat.build(built, arguments={"date_string": "2024-09-30"}, system=system)
    exported = tokenizer("bytelevel", trained.template)
    check_self_contained(trained, exported)
    plain = exported.apply_chat_template(QUESTION, tokenize=True, add_generation_prompt=True, return_dict=False)
    assert tuple(plain) == trained.encode_prompt(QUESTION).ids
    assert system in built.decode(plain)
    own = [{"role": "system", "content": "Be brief."}, *QUESTION]
    assert ChatFormat.build(exported).encode_prompt(own) == trained.encode_prompt(own)


def test_a_system_prompt_that_an_export_cannot_carry_is_refused() -> None:
    trained = ChatFormat.build(tokenizer("bytelevel", CHATML), system="Be kind. <|im_end|>")
    with pytest.raises(InputError, match="cannot be carried in an exported chat template"):
        check_self_contained(trained, tokenizer("bytelevel", trained.template))
