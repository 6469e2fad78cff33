"""`python -m grader.cli` is `gradescent`."""

from grader.cli import main

main()
