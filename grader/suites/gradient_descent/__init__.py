"""Hidden: the suite of the exercise `gradient_descent`."""

# gradescent-hidden-canary-7f3a9c
