"""Small tokenizers of the kinds that real models bring, and chat templates of the kinds that they bring with them."""

from functools import cache
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

LINES = [
    "The assistant answers the user, and the system listens. How many days are there in a week? Seven.",
    "El asistente responde a la persona que pregunta. ¿Cuántos días tiene una semana? Siete.",
    "L'assistent respon a qui pregunta. Quants dies té una setmana? Set. Bon dia, què tal?",
    "user\nassistant\nsystem\n\nYou are a helpful assistant.\n",
] * 3
CONTROLS = ["<unk>", "<s>", "</s>", "<pad>", "<|im_start|>", "<|im_end|>", "<|eot|>", "<|start|>", "<|end|>"]
BYTES = [f"<0x{number:02X}>" for number in range(256)]
KINDS = ["bytelevel", "metaspace-first", "metaspace-always", "llama-legacy", "unigram"]

LLAMA3 = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '<|start|>' + message['role'] + '<|end|>\n\n' + message['content'] | trim + '<|eot|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start|>assistant<|end|>\n\n' }}{% endif %}"
)
SALAMANDRA = (
    "{%- if not date_string is defined %}{%- set date_string = strftime_now('%Y-%m-%d') %}{%- endif %}"
    "{%- if messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are Salamandra. Today is ' + date_string + '.<|im_end|>\n' }}{%- endif %}"
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
QWEN3 = (
    "{% for message in messages %}{% set content = message.content %}"
    "{% if message.role == 'assistant' and '</think>' in content %}"
    "{% set content = content.split('</think>')[-1].lstrip('\n') %}{% endif %}"
    "{% if message.role == 'assistant' and loop.last %}"
    "{% set content = '<think>\n\n</think>\n\n' + content %}{% endif %}"
    "{{ '<|im_start|>' + message.role + '\n' + content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
NO_END = (
    "{% for message in messages %}{{ message.role + ': ' + message.content + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'assistant:' + ' ' }}{% endif %}"
)
LLAMA2 = (
    "{% for message in messages %}{% if message.role == 'user' %}"
    "{{ bos_token + '[INST] ' + message.content + ' [/INST]' }}"
    "{% elif message.role == 'assistant' %}{{ ' ' + message.content + ' ' + eos_token }}"
    "{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}"
)


@cache
def specification(kind: str) -> str:
    """The tokenizer.json of one kind: byte-level BPE, SentencePiece-style BPE (three dummy prefixes), Unigram."""
    return {
        "bytelevel": _bytelevel,
        "metaspace-first": lambda: _metaspace("first"),
        "metaspace-always": lambda: _metaspace("always"),
        "llama-legacy": _llama_legacy,
        "unigram": _unigram,
    }[kind]()


def tokenizer(kind: str, template: str | None = None) -> Any:
    """A fresh transformers tokenizer, with `<tool_call>` and `<think>` as added tokens that are not special."""
    built = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(specification(kind)),
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
    )
    built.chat_template = template
    return built


def _finished(built: Tokenizer) -> str:
    built.add_tokens([AddedToken(text, special=False) for text in ("<tool_call>", "<think>", "</think>")])
    return str(built.to_str())


def _bytelevel() -> str:
    built = Tokenizer(models.BPE())
    built.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    built.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    built.train_from_iterator(
        LINES,
        trainers.BpeTrainer(
            vocab_size=600, special_tokens=CONTROLS, initial_alphabet=sorted(alphabet), show_progress=False
        ),
    )
    return _finished(built)


def _with_bytes_as_pieces(built: Tokenizer) -> Tokenizer:
    """Byte tokens belong to the model alone, as in converted SentencePiece models."""
    import json

    content = json.loads(built.to_str())
    content["added_tokens"] = [token for token in content["added_tokens"] if token["content"] not in BYTES]
    return Tokenizer.from_str(json.dumps(content))


def _metaspace(prepend_scheme: str) -> str:
    built = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    built.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=prepend_scheme, split=True)
    built.decoder = decoders.Sequence(
        [
            decoders.Replace("\u2581", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    words = [line.replace("\n", " ") for line in LINES]
    built.train_from_iterator(
        words, trainers.BpeTrainer(vocab_size=600, special_tokens=CONTROLS + BYTES, show_progress=False)
    )
    built = _with_bytes_as_pieces(built)
    built.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return _finished(built)


def _llama_legacy() -> str:
    import json

    content = json.loads(_metaspace("first"))
    content["pre_tokenizer"] = None
    built = Tokenizer.from_str(json.dumps(content))
    built.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    return str(built.to_str())


def _unigram() -> str:
    built = Tokenizer(models.Unigram())
    built.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=True)
    built.decoder = decoders.Sequence(
        [
            decoders.Replace("\u2581", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    built.train_from_iterator(
        [line.replace("\n", " ") for line in LINES],
        trainers.UnigramTrainer(
            vocab_size=500, special_tokens=CONTROLS + BYTES, unk_token="<unk>", show_progress=False
        ),
    )
    import json

    content = json.loads(built.to_str())
    content["model"]["byte_fallback"] = True
    return _finished(_with_bytes_as_pieces(Tokenizer.from_str(json.dumps(content))))
