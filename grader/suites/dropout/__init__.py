"""Hidden: the suite of the exercise `dropout`."""

# gradescent-hidden-canary-7f3a9c
