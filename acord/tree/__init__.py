"""The tree engine: every distinct token is computed once, exactly. It knows nothing of preferences.

Shape suffixes, used throughout:

    T  tokens of a forest, in the order the model sees them       D  hidden width
    G  segments (maximal unbranched runs of tokens)               H  attention heads
    S  scored tokens, reply after reply                           V  vocabulary
    U  rows of the head (distinct parents of scored tokens)       R  replies (scored ranges)

A *node* is one distinct token in its context; its index is its place in the forest. The order is depth-first, so
that the descendants of a segment are the contiguous run of tokens that follows it.
"""
