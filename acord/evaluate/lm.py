"""AcordLM: lm-evaluation-harness's model `acord`, which scores trees of shared prefixes and keeps every answer.

In Python:

    lm = AcordLM(load("path/or/name"), store=ItemStore(Path("items.sqlite")))
    lm_eval.simple_evaluate(model=lm, tasks=["xnli_ca"], apply_chat_template=True)

From the harness's own command line, with its own options, see acord.evaluate.lm_eval.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from lm_eval.api.instance import Instance
from lm_eval.api.model import TemplateLM
from lm_eval.api.registry import register_model
from lm_eval.models.utils import resolve_max_length
from lm_eval.utils import get_rolling_token_windows, make_disjoint_window, simple_parse_args_string

from acord.chat import ChatFormat, Message
from acord.errors import InputError
from acord.evaluate.encoding import Encoder, HarnessEncoder, SealedEncoder
from acord.evaluate.likelihood import Kept, Likelihood, LocalPacks, Question, ScorePacks, likelihoods
from acord.evaluate.loading import Loaded, load, weights_identity
from acord.evaluate.sampling import NEW_TOKENS, read_settings, replies, request_for
from acord.evaluate.store import ItemStore
from acord.generate import Generator, Request, transformers_generator, vllm_generator

__all__ = ["AcordLM", "Loaded", "load", "weights_identity"]

# Distinct tokens a pack. On a CPU a matrix product gains nothing beyond; a GPU wants more to be busy.
TOKEN_BUDGET = {"cpu": 4_096, "cuda": 16_384}
ARGUMENTS = ("pretrained", "revision", "precision", "tokenisation", "store", "token_budget", "engine", "seed")
# What the harness passes to every model. Packs are sized by tokens, so its batch sizes mean nothing here.
UNUSED = ("batch_size", "max_batch_size", "device")


@register_model("acord")
class AcordLM(TemplateLM):  # type: ignore[misc]  # lm_eval has no types
    """A model as the harness sees it: one process, whatever runs behind score_packs and the generator."""

    def __init__(
        self,
        loaded: Loaded,
        *,
        tokenisation: Literal["acord", "hf"] = "acord",
        store: ItemStore | None = None,
        token_budget: int | None = None,
        engine: Literal["transformers", "vllm"] = "transformers",
        generator: Generator | None = None,
        score_packs: ScorePacks | None = None,
        seed: int = 0,
    ) -> None:
        """tokenisation: `acord`, sealed and through acord.chat, or `hf`, id for id the harness's hf backend.

        store: where answers are kept; without one they are computed every time. token_budget: distinct tokens a pack,
        by the device where None. generator, score_packs: what answers and scores instead of this process. seed: of
        the draws where a task samples.
        """
        super().__init__()
        self.loaded = loaded
        self.tokenizer = loaded.tokenizer
        self.tokenisation = tokenisation
        self.store = store
        self.engine = engine
        self.seed = seed
        self.token_budget = token_budget or TOKEN_BUDGET.get(loaded.device.type, TOKEN_BUDGET["cpu"])
        self.score_packs: ScorePacks = score_packs or LocalPacks(loaded.scorer)
        self._device = loaded.device
        self.generator = generator
        self._encoder: Encoder
        if tokenisation == "hf":
            self._encoder = HarnessEncoder(loaded.tokenizer)
        else:
            self._encoder = SealedEncoder(loaded.tokenizer, loaded.chat, loaded.no_chat)

    @classmethod
    def create_from_arg_string(cls, arg_string: str, additional_config: dict[str, Any] | None = None) -> "AcordLM":
        """From `pretrained=...,tokenisation=...`, as the harness's command line gives it. Raises InputError."""
        return cls.create_from_arg_obj(simple_parse_args_string(arg_string), additional_config)

    @classmethod
    def create_from_arg_obj(
        cls, arg_dict: dict[str, Any], additional_config: dict[str, Any] | None = None
    ) -> "AcordLM":
        """From the arguments that acord.evaluate.lm_eval lists. Raises InputError for any other."""
        given = {**(additional_config or {}), **arg_dict}
        unknown = sorted({*given} - {*ARGUMENTS, *UNUSED})
        if unknown or "pretrained" not in given:
            raise InputError(
                f"acord takes no argument {unknown[0]}" if unknown else "acord needs a model: pretrained=...",
                where="--model_args",
                fix=f"It takes {', '.join(ARGUMENTS)}.",
            )
        loaded = load(
            str(given["pretrained"]),
            str(given.get("precision", "auto")),
            revision=given.get("revision"),
            device=given.get("device"),
        )
        return cls(
            loaded,
            tokenisation=_one_of("tokenisation", given.get("tokenisation", "acord"), ("acord", "hf")),
            store=ItemStore(Path(str(given["store"]))) if given.get("store") else None,
            token_budget=given.get("token_budget"),
            engine=_one_of("engine", given.get("engine", "transformers"), ("transformers", "vllm")),
            seed=int(given.get("seed", 0)),
        )

    @property
    def eot_token_id(self) -> int:
        """The tokenizer's end-of-sequence token."""
        found: int = self.loaded.tokenizer.eos_token_id
        return found

    @property
    def prefix_token_id(self) -> int:
        """What stands before a text that has no context."""
        return self._encoder.prefix

    @property
    def max_length(self) -> int:
        """Tokens that the model reads at once."""
        return int(resolve_max_length(self.loaded.model.config, self.loaded.tokenizer))

    @property
    def max_gen_toks(self) -> int:
        """Tokens of a reply where the task does not say."""
        return NEW_TOKENS

    @property
    def tokenizer_name(self) -> str:
        """What the harness's cache of built requests depends on."""
        return f"acord-{self.tokenisation}-{self.loaded.identity[:16]}"

    def chat_template(self, chat_template: bool | str = False) -> str | None:
        """The template, for the record."""
        if chat_template and self.tokenisation == "acord" and self.loaded.chat is not None:
            return self.loaded.chat.template
        found: str | None = super().chat_template(chat_template)
        return found

    def apply_chat_template(self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True) -> str:
        """What stands for a conversation in the harness's strings. Raises InputError where the template is unusable."""
        messages: Sequence[Message] = chat_history
        return self._encoder.render(messages, add_generation_prompt)

    def tok_encode(self, string: str, add_special_tokens: bool | None = None, **unused: Any) -> list[int]:  # noqa: ARG002  of the harness
        """Ids of a text."""
        return [*(self._encoder.bare(string) if add_special_tokens is False else self._encoder.text(string))]

    def loglikelihood(self, requests: Sequence[Instance], disable_tqdm: bool = False) -> list[tuple[float, bool]]:  # noqa: ARG002  of the harness
        """Log-likelihood of each continuation given its context, and whether it is the greedy one.

        Raises Refused for what cannot be encoded, ValueError for a continuation that is empty or too long.
        """
        questions = [self._question(*request.args) for request in requests]
        return [(one.logp, one.greedy) for one in self._score(questions)]

    def _question(self, context: str, continuation: str) -> Question:
        if context:
            return Question(*self._encoder.split(context, continuation))
        ids, prefix = self._encoder.bare(continuation), self._encoder.prefix
        if ids[:1] == (prefix,):
            return Question(ids[:1], ids[1:])
        return Question((prefix,), ids)

    def _loglikelihood_tokens(
        self,
        requests: Sequence[tuple[Any, list[int], list[int]]],
        **unused: Any,  # noqa: ARG002  of the harness
    ) -> list[tuple[float, bool]]:
        questions = [Question(tuple(context), tuple(continuation)) for _, context, continuation in requests]
        return [(one.logp, one.greedy) for one in self._score(questions)]

    def loglikelihood_rolling(self, requests: Sequence[Instance], disable_tqdm: bool = False) -> list[float]:  # noqa: ARG002  of the harness
        """Log-likelihood of whole texts: each token once, given as much before it as the harness's windows hold."""
        questions: list[Question] = []
        owner: list[int] = []
        for number, request in enumerate(requests):
            windows = get_rolling_token_windows(
                token_list=[*self._encoder.text(request.args[0])],
                prefix_token=self._encoder.prefix,
                max_seq_len=self.max_length,
                context_len=1,
            )
            for context, continuation in map(make_disjoint_window, windows):
                questions.append(Question(tuple(context), tuple(continuation)))
                owner.append(number)
        sums = [0.0] * len(requests)
        for number, one in zip(owner, self._score(questions), strict=True):
            sums[number] += one.logp
        return sums

    def _score(self, questions: Sequence[Question]) -> list[Likelihood]:
        way = "tree" if self.loaded.scorer.shared else "unshared"
        return likelihoods(
            questions,
            self.score_packs,
            Kept(self.store, self._answers_as(f"{way}/{self.loaded.device.type}")),
            longest=self.max_length,
            token_budget=self.token_budget,
        )

    def _answers_as(self, engine: str) -> str:
        return f"{self.loaded.identity} {self.loaded.precision} {engine}"

    def generate_until(self, requests: Sequence[Instance], disable_tqdm: bool = False) -> list[str]:  # noqa: ARG002  of the harness
        """The model's text for each prompt, up to the first stop sequence; each is stored when it is done.

        Prompts that leave no room for the reply lose their beginning. Raises ValueError for a task's settings that
        cannot be met.
        """
        asked: list[Request] = []
        times: Counter[tuple[Any, ...]] = Counter()
        for request in requests:
            context, given = request.args
            ids, settings = self._encoder.prompt(context), read_settings(given, self._ends())
            # The same prompt asked again is another draw, and the same one in every run.
            seed = self.seed + times[ids, settings]
            times[ids, settings] += 1
            asked.append(request_for(ids, settings, longest=self.max_length, seed=seed))
        return self.reply_to(asked)

    def reply_to(self, requests: Sequence[Request]) -> list[str]:
        """The text of each request, those that the store knows aside; each is stored when it is done."""
        return replies(requests, self._generate, Kept(self.store, self._answers_as(self._voice())))

    def _ends(self) -> list[str]:
        """Texts that end a reply where a model writes them out, as the hf backend has it."""
        chat, tokenizer = self._chat, self.loaded.tokenizer
        ids = [self.eot_token_id, *([] if chat is None else [chat.end_of_turn_id])]
        return [str(tokenizer.decode([number], skip_special_tokens=False)) for number in ids]

    def _voice(self) -> str:
        """What replies depend on besides the weights and what is asked."""
        return f"{self.engine}/{self.loaded.device.type} {self.loaded.words} {self._stop_ids()}"

    @property
    def _chat(self) -> ChatFormat | None:
        return self.loaded.chat if self.tokenisation == "acord" else None

    def _stop_ids(self) -> tuple[int, ...]:
        """Tokens that end any reply."""
        stated = getattr(self.loaded.model.generation_config, "eos_token_id", None)
        of_model = stated if isinstance(stated, list) else [] if stated is None else [stated]
        return tuple(dict.fromkeys([*(self._chat.stop_ids if self._chat else ()), self.eot_token_id, *of_model]))

    def _generate(self, requests: Sequence[Request], done: Callable[[int, str], None]) -> None:
        if self.generator is None:
            self.generator = self.own_generator()
        self.generator.generate(requests, done)

    def own_generator(self) -> Generator:
        """The engine that answers in this process. Made when a task first generates: vLLM fills a GPU."""
        loaded, tokenizer = self.loaded, self.loaded.tokenizer
        if self.engine == "vllm":
            return vllm_generator(loaded.folder, stop_ids=self._stop_ids(), precision=loaded.precision)
        padding = self.eot_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id
        return transformers_generator(loaded.model, tokenizer, self._stop_ids(), padding)

    def get_model_info(self) -> dict[str, Any]:
        """What the harness writes about a model into its results."""
        return {"model_sha256": self.loaded.identity, "model_dtype": self.loaded.precision}


def _one_of(name: str, value: Any, names: Sequence[str]) -> Any:
    if value not in names:
        raise InputError(f"no {name} is called {value}", where="--model_args", fix=f"One of {', '.join(names)}.")
    return value
