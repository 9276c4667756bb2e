"""Alignment: the plan, the reference pass, the losses and the optimizer loop. Everything is scored by acord.tree."""
