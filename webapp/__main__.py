"""Serve the portal: `python -m webapp`. Greenlets, because every open submission page holds a connection."""

from gevent import monkey

monkey.patch_all()

import logging  # noqa: E402 - gevent patches the standard library before anything else uses it
import signal  # noqa: E402 - as above

import gevent  # noqa: E402 - as above
from gevent.pywsgi import WSGIServer  # noqa: E402 - as above

from grader.settings import read_settings  # noqa: E402 - as above
from webapp import create_app  # noqa: E402 - as above


def main() -> None:
    """Serve until SIGTERM or SIGINT; open streams end, and other answers get a moment to."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = read_settings()
    app = create_app(settings)
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


if __name__ == "__main__":
    main()
