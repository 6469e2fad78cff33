"""Where student code runs: a guest in its own namespaces, reached over a wire that carries bytes only."""
