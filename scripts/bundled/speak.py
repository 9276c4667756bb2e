"""Greedy replies of a plain transformers model to many prompts."""

from collections.abc import Sequence
from typing import Any

import torch

from acord.chat import ChatFormat
from scripts.bundled.draft import Draft
from scripts.bundled.examples import messages_of
from scripts.bundled.model import LONGEST_REPLY

BATCH = 48


def replies(model: Any, tokenizer: Any, chat: ChatFormat, drafts: Sequence[Draft]) -> list[str]:
    """In the order of the drafts: by transformers' generate, prompts of like lengths together, padded on the left."""
    prompts = [list(chat.encode_prompt(messages_of(draft)).ids) for draft in drafts]
    order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
    texts = [""] * len(prompts)
    for start in range(0, len(order), BATCH):
        batch = order[start : start + BATCH]
        width = max(len(prompts[index]) for index in batch)
        ids = torch.full((len(batch), width), tokenizer.pad_token_id)
        for row, index in enumerate(batch):
            ids[row, width - len(prompts[index]) :] = torch.tensor(prompts[index])
        mask = (ids != tokenizer.pad_token_id).long()
        # A translation is about as long as its source: what goes on for twice that long will not end.
        limit = min(LONGEST_REPLY, 2 * width + 10)
        with torch.no_grad():
            made = model.generate(input_ids=ids, attention_mask=mask, max_new_tokens=limit, do_sample=False)
        for row, index in enumerate(batch):
            texts[index] = chat.decode_reply(
                [token for token in made[row, width:].tolist() if token != tokenizer.pad_token_id]
            )
    return texts
