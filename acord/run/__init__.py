"""Joins the stages: what a recipe needs, what is there already, what must be built, and where it lies."""
