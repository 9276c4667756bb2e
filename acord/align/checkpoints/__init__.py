"""Checkpoints of a training run: everything it goes on from, whole or not there, checked whenever it is read.

    checkpoints/step-K/   the run after step K: weights, the optimizer's moments, what the guard remembers
    checkpoints/kept-K/   its weights alone, where step K is to become a model and is no longer needed to go on from
    checkpoints/.*        being written, or left by a run that was killed; never read

One folder holds state.json (the step, the guard's memory, the place in metrics.jsonl, and bytes and sha256 of every
file), weights-R.safetensors (fp32 masters) and moments-R.safetensors, one of each a process R. Tensors carry their
offsets as torch.distributed.checkpoint's HuggingFace storage has them, so its reader gives N processes' files to M.
The order of the data needs no state: the plan fixes it.
"""
