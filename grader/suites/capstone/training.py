"""The training comparison of `capstone`: networks that learn to read digits, and what they say, beside PyTorch's."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from grader.comparison.training import Training
from grader.suites.capstone.predicting import predicting
from grader.suites.capstone.reading import reading

training = Training(
    reading(
        name="train-training-accuracy",
        task="8.1",
        points=17,
        hint="Look at this task's other checks first: whatever they name makes the network worse. If they all pass, "
        "look at the epochs: does the learning rate stay high for long enough, do all of them run, and does early "
        "stopping wait for more than a bad epoch or two?",
    ),
    predicting(
        name="predict-training-parity",
        task="8.2",
        points=8,
        hint="Go through the five lines of the stub's docstring one by one; this task's other checks name the line.",
    ),
)
