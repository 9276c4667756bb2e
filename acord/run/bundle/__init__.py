"""Bundles: all that a recipe needs from outside, in one folder of few files, for machines without a network.

`gather.py` makes one, `verify.py` compares it with its manifest, `lacks.py` says what a recipe needs and it does not
hold, `unpack.py` turns it into the cache that every library of the hub reads.
"""
