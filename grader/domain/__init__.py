"""Value objects and rules. Standard library only: no I/O, no clock, no SQL; `now` and seeds are arguments."""
