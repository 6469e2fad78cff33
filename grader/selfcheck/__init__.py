"""Holds an exercise to its own promises: what `gradescent check` does.

`graded` does it through the real sandbox, `material` by reading the files, `public` with pytest as a student runs it.
"""
