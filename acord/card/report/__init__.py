"""The report: one HTML page a language that shows a run, and needs nothing beside it but the evidence it links to."""

from acord.card.report.page import render_report

__all__ = ["render_report"]
