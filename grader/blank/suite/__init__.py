"""Hidden: the suite of the exercise `blank`."""
