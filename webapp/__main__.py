"""Serve the portal: `python -m webapp`. Greenlets, because every open submission page holds a connection."""

from gevent import monkey

monkey.patch_all()

import signal  # noqa: E402 - gevent patches the standard library before anything else uses it

import gevent  # noqa: E402 - as above
from gevent.pywsgi import WSGIServer  # noqa: E402 - as above

from grader import logs  # noqa: E402 - as above
from grader.domain.errors import SettingsError  # noqa: E402 - as above
from grader.settings import read_settings  # noqa: E402 - as above
from webapp.app import create_app  # noqa: E402 - as above


def main() -> None:
    """Serve until SIGTERM or SIGINT; open streams end, and other answers get a moment to."""
    try:
        settings = read_settings(for_portal=True)
        logs.configure(settings, "portal", text="%(asctime)s %(levelname)s %(name)s: %(message)s")
        app = create_app(settings)
    except SettingsError as error:
        raise SystemExit(f"error: {error}") from None
    # The log of requests is written by webapp.visits, with routes instead of addresses.
    server = WSGIServer((settings.host, settings.port), app, log=None)

    def stop() -> None:
        app.extensions["gradescent"].watcher.close()
        server.stop(timeout=1)

    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, stop)
    try:
        server.start()
    except OSError as error:
        raise SystemExit(f"The portal cannot listen: {error.strerror}.") from None
    server.serve_forever(stop_timeout=1)
    app.extensions["gradescent"].tracer.close()


if __name__ == "__main__":
    main()
