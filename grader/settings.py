"""Settings, read once from the environment by one table that also makes their documentation."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from grader.domain.errors import SettingsError
from grader.domain.queues import Queue

REPOSITORY = Path(__file__).resolve().parent.parent
"""The checkout that this package runs from."""

PREFIX = "GRADESCENT_"


def _setting(default: Any, words: str) -> Any:
    return field(default=default, metadata={"words": words})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting with its default; `GRADESCENT_` and the upper-case name is its environment variable."""

    environment: str = _setting("development", "`production` refuses weak settings and the `process` tier")
    data_dir: Path = _setting(REPOSITORY / "var", "where the embedded database, broker and secret key live")
    exercises_dir: Path = _setting(REPOSITORY / "exercises", "the course: one folder per exercise")
    suites_dir: Path = _setting(REPOSITORY / "grader" / "suites", "the hidden suites; workers only")
    database_url: str = _setting("", "SQLAlchemy URL; empty: SQLite in the data folder")
    broker_url: str = _setting("", "Celery broker URL; empty: the embedded broker in the data folder")
    secret_key: str = _setting(
        "", "signs session cookies, the portal's alone; empty: made once and kept in the data folder"
    )
    secure_cookies: bool = _setting(False, "send the session cookie over HTTPS only; always so in production")
    host: str = _setting("127.0.0.1", "the address that the portal listens on")
    port: int = _setting(8000, "the portal's port")
    trusted_proxies: int = _setting(0, "proxies in front of the portal whose X-Forwarded-For, -Proto and -Host count")
    concurrency: int = _setting(os.cpu_count() or 1, "submissions that one worker grades at the same time")
    queues: str = _setting(
        "cpu,comparison,regrade",
        "what one worker serves, comma separated: `cpu` (checks and quizzes), `comparison`, `regrade` (what is graded"
        " again, one at a time, while no checks wait), `gpu` (one comparison at a time, on its GPU)",
    )
    comparison_concurrency: int = _setting(
        1, "training comparisons that one worker runs at the same time, beside the submissions"
    )
    lease_seconds: float = _setting(15.0, "how long a silent worker keeps a job before another may take it")
    reuse_results: bool = _setting(
        True, "take over the result of the same files, graded by the same tests, instead of grading them again"
    )
    recycle_after: int = _setting(1000, "jobs after which a warm process is replaced by a fresh one")
    sandbox_tier: str = _setting("auto", "`auto`, `namespaces`, `landlock`, or `process` (development only)")

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    def served_queues(self) -> list[Queue]:
        """The queues that a worker serves, in the order given. Raises `ValueError` for a name that is none."""
        return [Queue(name.strip()) for name in self.queues.split(",")]

    def resolved_database_url(self) -> str:
        """The database's URL, with the embedded default filled in."""
        return self.database_url or f"sqlite:///{self.data_dir / 'gradescent.sqlite3'}"

    def resolved_broker_url(self) -> str:
        """The broker's URL, with the embedded default filled in."""
        return self.broker_url or f"gradescent+sqlite:///{self.data_dir / 'broker.sqlite3'}"

    def resolved_secret_key(self) -> str:
        """The key that signs sessions; in development it is made once and kept, readable by the owner only.

        Raises `SettingsError` for a weak one in production. Only the portal asks: a worker must not know the key.
        """
        if self.is_production and len(self.secret_key) < 32:
            raise SettingsError(f"{variable('secret_key')}: production needs a secret of at least 32 characters")
        if self.secret_key:
            return self.secret_key
        path = self.data_dir / "secret_key"
        if not path.exists():
            self.data_dir.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(48))
        return path.read_text()


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment. Raises `SettingsError` that lists every fault at once."""
    environ = os.environ if environ is None else environ
    given: dict[str, Any] = {}
    faults = []
    for item in fields(Settings):
        name = variable(item.name)
        if name in environ:
            try:
                given[item.name] = _parse(environ[name], type(item.default))
            except ValueError as error:
                faults.append(f"{name}: {error}")
    known = {variable(item.name) for item in fields(Settings)}
    faults += [f"{name}: no such setting" for name in environ if name.startswith(PREFIX) and name not in known]
    settings = Settings(**given)
    faults += _weaknesses(settings)
    if faults:
        raise SettingsError("\n".join(faults))
    return settings


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return PREFIX + name.upper()


def settings_table() -> str:
    """Return the documentation of all settings as a Markdown table."""
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    for item in fields(Settings):
        default = item.default
        if isinstance(default, Path):
            default = default.relative_to(REPOSITORY)
        if item.name == "concurrency":
            default = "number of cores"
        lines.append(f"| `{variable(item.name)}` | `{default}` | {item.metadata['words']} |".replace("``", ""))
    return "\n".join(lines)


def _parse(text: str, kind: Any) -> Any:
    if kind is bool:
        words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
        if text.lower() not in words:
            raise ValueError(f"expected true or false, found {text!r}")
        return words[text.lower()]
    if issubclass(kind, Path):
        return Path(text).expanduser().resolve()
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"expected a number, found {text!r}") from None


def _weaknesses(settings: Settings) -> list[str]:
    faults = []
    if settings.environment not in ("development", "production"):
        faults.append(f"{variable('environment')}: expected development or production")
    if settings.sandbox_tier not in ("auto", "namespaces", "landlock", "process"):
        faults.append(f"{variable('sandbox_tier')}: expected auto, namespaces, landlock or process")
    if not 1 <= settings.port <= 65535:
        faults.append(f"{variable('port')}: expected 1 to 65535, found {settings.port}")
    if settings.trusted_proxies < 0:
        faults.append(f"{variable('trusted_proxies')}: expected 0 or more, found {settings.trusted_proxies}")
    if settings.concurrency < 1:
        faults.append(f"{variable('concurrency')}: expected at least 1, found {settings.concurrency}")
    if settings.comparison_concurrency < 1:
        found = settings.comparison_concurrency
        faults.append(f"{variable('comparison_concurrency')}: expected at least 1, found {found}")
    served = [name.strip() for name in settings.queues.split(",")]
    if not set(served) <= set(Queue) or len(set(served)) < len(served):
        faults.append(
            f"{variable('queues')}: expected some of {', '.join(Queue)}, each once, found {settings.queues!r}"
        )
    if settings.recycle_after < 1:
        faults.append(f"{variable('recycle_after')}: expected at least 1, found {settings.recycle_after}")
    if not 1 <= settings.lease_seconds <= 3600:
        faults.append(f"{variable('lease_seconds')}: expected 1 to 3600 seconds, found {settings.lease_seconds:g}")
    if settings.is_production and settings.sandbox_tier == "process":
        faults.append(f"{variable('sandbox_tier')}: the process tier holds nobody back; production refuses it")
    return faults


if __name__ == "__main__":
    print(settings_table())
