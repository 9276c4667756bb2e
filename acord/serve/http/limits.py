"""How much one client may take. Every default is a decision; the reasons stand beside them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """body_bytes: of a request; a conversation of 128,000 tokens has about 600,000, three times that escaped.

    max_tokens: of one reply, whatever the model reads. queue: replies that wait for a slot; the next is told 429.
    timeout: seconds from the request to the end of its reply, waiting included; 2,000 tokens at 4 a second take 500.
    read_timeout: seconds for a request's headers, for its body, and for a client to take what it is sent.
    shutdown_timeout: seconds that running replies have left once the server was told to end.
    """

    body_bytes: int = 4 << 20
    max_tokens: int = 32_768
    queue: int = 64
    timeout: float = 600.0
    read_timeout: float = 30.0
    shutdown_timeout: float = 30.0


# Shortening a conversation looks at every shorter one: its cost grows with the square of the messages.
MESSAGES = 1_000
# Bodies that are read side by side: with the limit of one, the memory that clients can fill before they are heard.
BODIES = 64
STOPS = 4
STOP_LENGTH = 500
