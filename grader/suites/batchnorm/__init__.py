"""Hidden: the suite of the exercise `batchnorm`."""

# gradescent-hidden-canary-7f3a9c
