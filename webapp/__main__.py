"""Serve the portal: `python -m webapp`. Greenlets, because every open submission page holds a connection."""

from gevent import monkey

monkey.patch_all()

import logging  # noqa: E402 - gevent patches the standard library before anything else uses it
import signal  # noqa: E402 - as above

import gevent  # noqa: E402 - as above
from gevent.pywsgi import WSGIServer  # noqa: E402 - as above

from grader.domain.errors import SettingsError  # noqa: E402 - as above
from grader.settings import read_settings  # noqa: E402 - as above
from webapp import create_app  # noqa: E402 - as above


def main() -> None:
    """Serve until SIGTERM or SIGINT; open streams get a moment to end."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        settings = read_settings(for_portal=True)
    except SettingsError as error:
        raise SystemExit(f"error: {error}") from None
    server = WSGIServer((settings.host, settings.port), create_app(settings), log=None)
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, server.stop, timeout=1)
    try:
        server.start()
    except OSError as error:
        raise SystemExit(f"The portal cannot listen: {error.strerror}.") from None
    server.serve_forever(stop_timeout=1)


if __name__ == "__main__":
    main()
