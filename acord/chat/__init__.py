"""Messages to token ids: the one place where text becomes tokens.

Training, evaluation, chat and the server all encode through a ChatFormat, so they see identical ids, and no text
inside a message can become a control token.
"""

from acord.chat.encoded import EncodedConversation, EncodedPair, EncodedPrompt, Message, PairSource, PairText
from acord.chat.format import ChatFormat, check_self_contained
from acord.chat.refused import Reason, Refused
from acord.chat.render import CHATML, ROLES

__all__ = [
    "CHATML",
    "ROLES",
    "ChatFormat",
    "EncodedConversation",
    "EncodedPair",
    "EncodedPrompt",
    "Message",
    "PairSource",
    "PairText",
    "Reason",
    "Refused",
    "check_self_contained",
]
