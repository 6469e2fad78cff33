"""Hidden: the suite of the exercise `adaptive`."""

# gradescent-hidden-canary-7f3a9c
