"""What people prefer: the file that chat and server write, sessions of several annotators, and how far they agree."""
