"""Generation engines: `transformers`, in this process, and `vllm`, where it is installed."""

from acord.evaluate.generate_transformers import transformers_generator
from acord.evaluate.generate_vllm import vllm_generator
from acord.evaluate.replies import Done, Generator, Request

__all__ = ["Done", "Generator", "Request", "transformers_generator", "vllm_generator"]
