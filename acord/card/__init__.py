"""Model cards: built from artefacts, verified against them, and those of others audited."""
