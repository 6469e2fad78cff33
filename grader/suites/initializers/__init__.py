"""Hidden: the suite of the exercise `initializers`."""

# gradescent-hidden-canary-7f3a9c
