"""Generation engines: `transformers`, in this process, and `vllm`, where it is installed."""

from acord.generate.in_transformers import transformers_generator
from acord.generate.in_vllm import vllm_generator
from acord.generate.replies import Done, Generator, Request

__all__ = ["Done", "Generator", "Request", "transformers_generator", "vllm_generator"]
