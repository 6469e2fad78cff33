"""Hidden: the suite of the exercise `beyond_gradients`."""

# gradescent-hidden-canary-7f3a9c
