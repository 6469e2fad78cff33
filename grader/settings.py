"""Settings, read once from the environment by one table that also makes their documentation."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from grader.domain.errors import SettingsError
from grader.domain.queues import Queue

REPOSITORY = Path(__file__).resolve().parent.parent
"""The checkout that this package runs from."""

PREFIX = "GRADESCENT_"


_SECRET_LENGTH = 32
_TOKEN_LENGTH = 16


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
        True, "take over the result of a student's same files, graded by the same tests, instead of grading them again"
    )
    recycle_after: int = _setting(1000, "jobs after which a warm process is replaced by a fresh one")
    sandbox_tier: str = _setting("auto", "`auto`, `namespaces`, `landlock`, or `process` (development only)")
    log_format: str = _setting("text", "`text`, or `json` for one JSON object per line")
    metrics_token: str = _setting(
        "", "the bearer token that reads `/metrics` of the portal, the portal's alone; empty: there is no such page"
    )
    metrics_port: int = _setting(0, "the port on which a worker tells its metrics; 0: it does not")
    metrics_host: str = _setting("127.0.0.1", "the address on which a worker tells its metrics")
    otlp_endpoint: str = _setting(
        "", "base URL of an OpenTelemetry collector (OTLP over HTTP) that gets traces; empty: none are made"
    )

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @property
    def secret_key_path(self) -> Path:
        """Where the key is kept that was made because none was given."""
        return self.data_dir / "secret_key"

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
        if faults := _portal_weaknesses(self):
            raise SettingsError("\n".join(faults))
        if self.secret_key:
            return self.secret_key
        path = self.secret_key_path
        if not path.exists():
            self.data_dir.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(48))
        return path.read_text()


def read_settings(environ: Mapping[str, str] | None = None, *, for_portal: bool = False) -> Settings:
    """Read the settings from the environment. Raises `SettingsError` that lists every fault at once.

    `for_portal` also holds them to what the portal alone needs: a worker does not know its secrets.
    """
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
    if for_portal:
        faults += _portal_weaknesses(settings)
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
    return faults + _unclear_words_to_operators(settings)


def _unclear_words_to_operators(settings: Settings) -> list[str]:
    """Return what is wrong with the settings of logs, metrics and traces."""
    faults = []
    if settings.log_format not in ("text", "json"):
        faults.append(f"{variable('log_format')}: expected text or json, found {settings.log_format!r}")
    if not 0 <= settings.metrics_port <= 65535:
        faults.append(f"{variable('metrics_port')}: expected 0 to 65535, found {settings.metrics_port}")
    if settings.otlp_endpoint and not _is_web_address(settings.otlp_endpoint):
        faults.append(
            f"{variable('otlp_endpoint')}: expected a URL such as http://localhost:4318, without a query,"
            f" found {settings.otlp_endpoint!r}"
        )
    return faults


def _portal_weaknesses(settings: Settings) -> list[str]:
    if not settings.is_production:
        return []
    faults = []
    if len(settings.secret_key) < _SECRET_LENGTH:
        faults.append(f"{variable('secret_key')}: production needs a secret of at least {_SECRET_LENGTH} characters")
    if settings.metrics_token and len(settings.metrics_token) < _TOKEN_LENGTH:
        faults.append(f"{variable('metrics_token')}: production needs a token of at least {_TOKEN_LENGTH} characters")
    return faults


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for one that is no number
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and not parts.fragment


if __name__ == "__main__":
    print(settings_table())
