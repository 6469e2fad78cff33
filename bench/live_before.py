"""The portal as it was before it had a watcher: each stream asks the database by itself, seven times a second.

`live.py` starts it beside the real one: `python bench/live_before.py`, settings as for the portal.
"""

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402 - gevent patches the standard library before anything else uses it
import time  # noqa: E402 - as above
from collections.abc import Callable, Iterator  # noqa: E402 - as above

from flask import Response, stream_with_context  # noqa: E402 - as above

from grader.store.standing import progress  # noqa: E402 - as above
from webapp import submissions  # noqa: E402 - as above
from webapp.__main__ import main  # noqa: E402 - as above
from webapp.portal import portal  # noqa: E402 - as above
from webapp.watching import Fragment  # noqa: E402 - as above

POLL_SECONDS = 0.15


def follow(job_id: int, _audience: object, render: Callable[[], Fragment]) -> Response:
    return Response(stream_with_context(_events(job_id, render)), mimetype="text/event-stream")


def _events(job_id: int, render: Callable[[], Fragment]) -> Iterator[str]:
    yield "retry: 1000\n\n"
    shown = None
    while True:
        with portal().database.reading() as session:
            current = progress(session, [job_id])[job_id]
        if current != shown:
            shown = current
            name = "done" if current.is_final else "check"
            yield f"event: {name}\ndata: {json.dumps({'html': render().html})}\n\n"
            if current.is_final:
                return
        time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    submissions.follow = follow
    main()
