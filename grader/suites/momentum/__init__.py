"""Hidden: the suite of the exercise `momentum`."""

# gradescent-hidden-canary-7f3a9c
