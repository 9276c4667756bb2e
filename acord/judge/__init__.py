"""A language model as a judge: what it is asked, what it says, and how far that can be trusted."""
