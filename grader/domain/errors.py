"""What we or the operator caused. What a student caused is a `Verdict`, never one of these.

GradescentError
├── ManifestError        a course file is wrong: names the file, the key and what was expected
├── UnknownExercise      no exercise of that slug
├── UploadRefused        an upload that cannot become a submission; its text is shown to the student
├── NotNow               what somebody asks for cannot be done with a submission as it stands; the text says why
├── SettingsError        an environment variable is wrong
├── JobInUse             the job that is free is being changed at this moment: whoever wants one asks again
├── LeaseLost            another worker has the job now: what this one found out is thrown away
├── BackupRefused        a backup that cannot be written or restored
├── PortalSilent         the portal that was started does not answer
└── GraderFault          sandbox, judge or worker failed: the job is tried again, no attempt is consumed
    └── DataUnavailable  a data set cannot be had (in `grader.comparison.data`, beside what knows how to get it)
"""

from __future__ import annotations


class GradescentError(Exception):
    """The root: everything raised on purpose by this project."""


class ManifestError(GradescentError):
    """A manifest, quiz or misconception file that does not say what it must."""

    def __init__(self, file: str, key: str, expected: str, got: object = None) -> None:
        found = "it is missing" if got is None else f"found {got!r}"
        super().__init__(f"{file}: {key}: expected {expected}, {found}")
        self.file, self.key, self.expected = file, key, expected


class UnknownExercise(GradescentError):
    """No exercise of that slug in the course."""

    def __init__(self, slug: str, known: list[str]) -> None:
        super().__init__(f"There is no exercise {slug!r}. The exercises are: {', '.join(known) or 'none'}.")
        self.slug = slug


class UploadRefused(GradescentError):
    """The files cannot become a submission; the message is written for the student."""


class NotNow(GradescentError):
    """A submission is in no state for what was asked; the message is written for whoever asked."""


class SettingsError(GradescentError):
    """A setting in the environment is not usable."""


class JobInUse(GradescentError):
    """Somebody else's transaction holds the only free job for a moment; ask again."""


class LeaseLost(GradescentError):
    """Another worker holds this job now; what this one found out must be thrown away."""


class BackupRefused(GradescentError):
    """A backup cannot be written, or must not be restored; the message says why."""


class PortalSilent(GradescentError):
    """The portal did not answer in time after its start."""


class GraderFault(GradescentError):
    """The grader itself failed. Never a student's fault, never a zero."""
