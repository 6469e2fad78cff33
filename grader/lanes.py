"""Lanes: a worker serves several queues, each with threads of its own, so that no job waits for those of another queue.

Celery gives a worker one consumer and one pool, and a queue that is slow would soon hold all that they can take. So the
pool has threads for each queue, and each lane but the first has a consumer on a channel of its own, with a prefetch of
its own. All else stays Celery's and stays single: connection, event loop, acknowledgement, reconnection, warm shutdown.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from celery import Celery
from celery.bootsteps import StartStopStep
from celery.concurrency.base import apply_target
from celery.concurrency.thread import ApplyResult, TaskPool
from celery.worker.consumer import Consumer, Tasks
from kombu.common import ignore_errors

from grader.domain.queues import Queue
from grader.queue import QUEUE_OF


@dataclass(frozen=True)
class Lane:
    """A queue, and how many of its jobs a worker does at the same time; it takes no more from the broker than that."""

    queue: Queue
    threads: int


def worker_of(app: Celery, lanes: Sequence[Lane]) -> Any:
    """Return Celery's worker for these lanes, of which there is at least one.

    Its `start` returns after SIGTERM, when all lanes have finished what they had begun.
    """
    app.lanes = tuple(lanes)  # where the two classes below find them: Celery makes their objects itself
    app.steps["consumer"].add(FurtherLanes)
    return app.Worker(
        queues=[lanes[0].queue.value],
        concurrency=lanes[0].threads,
        pool=LanePool,
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )


class LanePool(TaskPool):  # type: ignore[misc]  # celery has no types
    """Celery's threads pool, with threads for each lane instead of one set for all."""

    def __init__(self, *args: Any, app: Celery, **options: Any) -> None:
        super().__init__(*args, app=app, **options)
        self._threads = {lane.queue: ThreadPoolExecutor(lane.threads, lane.queue.value) for lane in app.lanes}

    def on_apply(
        self,
        target: Any,
        args: Any = None,
        kwargs: Any = None,
        callback: Any = None,
        accept_callback: Any = None,
        **_: Any,
    ) -> ApplyResult:
        """Have a task done by its lane's threads; `args` begins with its name."""
        # What should not have come to this worker is left to Celery's own threads, and keeps no lane waiting.
        threads: Any = self._threads.get(QUEUE_OF.get(args[0]), self.executor)
        return ApplyResult(threads.submit(apply_target, target, args, kwargs, callback, accept_callback))

    def on_stop(self) -> None:
        """Wait for what has begun."""
        for threads in self._threads.values():
            threads.shutdown(cancel_futures=True)
        super().on_stop()


class FurtherLanes(StartStopStep):  # type: ignore[misc]  # celery has no types
    """Consumes from the queues of all lanes but the first, beside Celery's own consumer of that one."""

    requires = (Tasks,)

    def __init__(self, parent: Consumer, **options: Any) -> None:
        super().__init__(parent, **options)
        self._consumers: list[Any] = []

    def start(self, parent: Consumer) -> None:
        """Begin to consume; called again after each reconnection."""
        amqp = parent.app.amqp
        self._consumers = []
        for lane in parent.app.lanes[1:]:
            channel = parent.connection.channel()
            channel.basic_qos(0, lane.threads, parent.qos_global)
            consumer = amqp.TaskConsumer(
                channel, [amqp.queues[lane.queue.value]], on_decode_error=parent.on_decode_error
            )
            consumer.on_message = parent.create_task_handler()
            consumer.consume()
            self._consumers.append(consumer)

    def stop(self, parent: Consumer) -> None:
        """Take no more. The channels are left to the connection, so that what was taken can be acknowledged."""
        for consumer in self._consumers:
            ignore_errors(parent, consumer.cancel)  # type: ignore[no-untyped-call]  # kombu is typed in part
