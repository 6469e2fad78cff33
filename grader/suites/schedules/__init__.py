"""Hidden: the suite of the exercise `schedules`."""

# gradescent-hidden-canary-7f3a9c
