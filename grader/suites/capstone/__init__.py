"""Hidden: the suite of the exercise `capstone`."""

# gradescent-hidden-canary-7f3a9c
