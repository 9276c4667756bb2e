"""Using a model: answers through the chat template it was trained with."""
