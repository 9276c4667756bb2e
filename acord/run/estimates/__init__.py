"""What a run will take, told before it starts: tokens, FLOPs, memory, time, disk, and what is missing.

Every figure names the ground it stands on: counted, measured, or assumed and why. The formulas of shapes and memory
stand in acord.align.shape and acord.align.footprint, where the token budget is chosen by them too.
"""
