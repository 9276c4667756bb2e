"""The server: OpenAI's routes and Acord's own over an engine, with keys, limits and figures. It never loads weights."""
