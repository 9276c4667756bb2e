"""The grammar behind the bundled sample preferences: families of questions, replies, and what goes wrong in them."""
