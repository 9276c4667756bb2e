"""How the bundled model is made: corpus, tasks, training, measuring, packaging. scripts/build_bundled.py runs them."""
