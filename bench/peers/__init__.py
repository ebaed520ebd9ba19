"""One contender a file, each run in a process of its own: python -m peers.NAME --recipe seed --files DIR."""
