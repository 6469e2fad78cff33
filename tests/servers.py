"""Real servers for tests and benchmarks: PostgreSQL, Redis and RabbitMQ, each in a temporary folder on a free port.

They come from the system's packages (`tools/system-packages` names them) and run as ordinary processes that die with
whoever started them; nothing that is installed or runs on the machine already is touched.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from sqlalchemy import create_engine, text

from grader.sandbox.kernel import die_with_parent

PATIENCE = 120.0


class ServerMissing(Exception):
    """A server's binary is not on this machine; the text names the package to install."""


class Server:
    """One server process. `start` returns when it answers; `kill` is what a power cut does."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="gradescent-server-"))
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        raise NotImplementedError

    def command(self) -> tuple[Sequence[str | Path], Mapping[str, str]]:
        """Return how the server is started, and what its environment has over ours."""
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    def user(self) -> str | None:
        """The user that it has to run as, where that is not ourselves."""
        return None

    def start(self) -> Self:
        command, environment = self.command()
        log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen(
            command,
            env=os.environ | environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=self.user(),
            preexec_fn=_end_with_us,  # noqa: PLW1509 - the processes that start servers have no other threads in a fork
        )
        log.close()
        wait_until(self.answers, f"{type(self).__name__} does not answer", alive=self._process)
        return self

    def stop(self, how: int = signal.SIGTERM) -> None:
        """End the process, with those that it has started, and wait for it; its data stay."""
        if self._process is not None:
            os.killpg(self._process.pid, how)
            self._process.wait(PATIENCE)
            self._process = None
            wait_until(lambda: not self.answers(), f"{type(self).__name__} goes on")

    def close(self) -> None:
        """End the process and forget its data."""
        self.stop(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()


class Postgres(Server):
    """A PostgreSQL cluster of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._bin = _postgres_binaries()
        if (owner := self.user()) is not None:
            shutil.chown(self.folder, owner)
        data = self.folder / "data"
        subprocess.run(
            [self._bin / "initdb", "-D", data, "-U", "gradescent", "-A", "trust", "-N", "-E", "UTF8", "--locale=C"],
            check=True,
            capture_output=True,
            user=owner,
            cwd=self.folder,
        )

    def user(self) -> str | None:
        # The server refuses to run as root.
        return ("postgres" if _exists("postgres") else "nobody") if os.geteuid() == 0 else None

    @property
    def url(self) -> str:
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        return f"postgresql+psycopg://gradescent@127.0.0.1:{self.port}/{database}"

    def new_database(self, *, template: str = "template1") -> str:
        """Make a database, empty unless it is the copy of another; return its URL."""
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        name = f"test_{time.monotonic_ns()}"
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        engine.dispose()
        return self.url_of(name)

    def command(self) -> tuple[Sequence[str | Path], Mapping[str, str]]:
        options = ("listen_addresses=127.0.0.1", f"unix_socket_directories={self.folder}", "max_connections=200")
        settings = [part for option in options for part in ("-c", option)]
        return [self._bin / "postgres", "-D", self.folder / "data", "-p", str(self.port), *settings], {}

    def answers(self) -> bool:
        asked = [self._bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(asked, check=False, capture_output=True).returncode == 0


class Redis(Server):
    """A Redis that keeps nothing on disk: after a restart it is empty."""

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> tuple[Sequence[str | Path], Mapping[str, str]]:
        binary = _binary("redis-server", "redis-server")
        return [binary, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)], {}

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


class RabbitMq(Server):
    """A RabbitMQ node; `forget` makes it empty."""

    def __init__(self) -> None:
        super().__init__()
        self._others = (free_port(), free_port())

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def forget(self) -> None:
        """Throw its data away; it must not run meanwhile."""
        shutil.rmtree(self.folder / "mnesia", ignore_errors=True)

    def command(self) -> tuple[Sequence[str | Path], Mapping[str, str]]:
        binary = _binary("rabbitmq-server", "/usr/lib/rabbitmq/bin/rabbitmq-server")
        distribution, names = map(str, self._others)
        (self.folder / "plugins").write_text("[].")
        (self.folder / "rabbit.conf").write_text("loopback_users = none\ndisk_free_limit.absolute = 50MB\n")
        return [binary], {
            "HOME": str(self.folder),
            "RABBITMQ_NODENAME": f"gradescent{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": distribution,
            "ERL_EPMD_PORT": names,
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbit.conf"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1",
        }

    def stop(self, how: int = signal.SIGTERM) -> None:
        """End the node, with the name server that it started."""
        super().stop(how)
        epmd = shutil.which("epmd")
        if epmd is not None:
            named = os.environ | {"ERL_EPMD_PORT": str(self._others[1])}
            subprocess.run([epmd, "-kill"], env=named, check=False, capture_output=True)

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(b"AMQP\x00\x00\x09\x01")
                connection.settimeout(5)
                return bool(connection.recv(1))
        except OSError:
            return False


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(
    condition: Callable[[], object],
    what: str,
    *,
    seconds: float = PATIENCE,
    alive: subprocess.Popen[bytes] | None = None,
) -> None:
    """Wait for a condition, or fail in words; at once when the process that should bring it about has ended."""
    deadline = time.monotonic() + seconds
    while not condition():
        if alive is not None and alive.poll() is not None:
            raise AssertionError(f"{what}: the process ended with {alive.returncode}")
        assert time.monotonic() < deadline, f"{what} after {seconds:g} s"
        time.sleep(0.05)


def _end_with_us() -> None:
    os.setpgid(0, 0)  # a Ctrl-C is for us alone
    die_with_parent(signal.SIGKILL)


def _binary(package: str, command: str) -> str:
    found = shutil.which(command, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        raise ServerMissing(f"{command} is not on this machine: install the package {package}")
    return found


def _postgres_binaries() -> Path:
    roots = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    on_path = shutil.which("initdb")
    found = roots[-1] if roots else Path(on_path).resolve().parent if on_path else None
    if found is None or not (found / "initdb").exists():
        raise ServerMissing("initdb is not on this machine: install the package postgresql")
    return found


def _exists(user: str) -> bool:
    return any(entry.pw_name == user for entry in pwd.getpwall())
