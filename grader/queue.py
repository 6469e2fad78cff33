"""The queue as its senders see it: a Celery app without tasks, and jobs sent to workers by task name.

The portal imports this module; what the tasks do (`grader.tasks`) only workers import. A message carries a job's id
and nothing else, and means no more than that its queue has something to do: the database decides what comes next and
who grades it, so a message may be lost, delivered twice or out of order without harm.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from celery import Celery
from kombu import entity
from kombu.exceptions import OperationalError
from kombu.transport import TRANSPORT_ALIASES

from grader.domain.queues import Queue
from grader.settings import Settings
from grader.store.clock import database_now
from grader.store.database import Database
from grader.store.jobs import mark_sent
from grader.store.tables import GradingJob
from grader.store.workers import is_served, silence
from grader.tracing import job_sent

GRADE_SUBMISSION = "gradescent.grade_submission"
GRADE_QUIZ = "gradescent.grade_quiz"
COMPARE_SUBMISSION = "gradescent.compare_submission"
COMPARE_ON_GPU = "gradescent.compare_on_gpu"
REGRADE_SUBMISSION = "gradescent.regrade_submission"

QUEUE_OF = {
    GRADE_SUBMISSION: Queue.CPU,
    GRADE_QUIZ: Queue.CPU,
    COMPARE_SUBMISSION: Queue.COMPARISON,
    COMPARE_ON_GPU: Queue.GPU,
    REGRADE_SUBMISSION: Queue.REGRADE,
}
"""Which queue a task is sent to, by its name."""

TRANSPORT_ALIASES["gradescent"] = "grader.broker:Transport"

_log = logging.getLogger(__name__)

_CONNECT_SECONDS = 2.0
"""How long a sender waits for a broker: a student's request must not hang on one that is down."""


class JobQueue:
    """Sends grading jobs to the workers of one installation."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._database = database
        self._lease = timedelta(seconds=settings.lease_seconds)
        self.app = celery_app(settings)

    def send_job(self, job_id: int) -> None:
        """Send a stored job to the workers; call it after the commit that stored it.

        A broker that is down is logged and forgiven: the job stays marked as not sent, and a worker's sweeper sends
        it once the broker answers again.
        """
        with self._database.reading() as session:
            job = session.get_one(GradingJob, job_id)
        if self.publish(job):
            with self._database.transaction() as session:
                mark_sent(session, job_id, now=database_now(session))

    def publish(self, job: GradingJob) -> bool:
        """Hand a job's message to the broker. Returns whether the broker took it.

        Which queue it goes to is decided each time: a comparison that waited for a GPU worker which is gone by now
        goes to the others.
        """
        try:
            # The same id for the same job: a broker that can tell duplicates (the embedded one) drops them.
            self.app.send_task(self._task_of(job), args=[job.id], task_id=f"job-{job.id}", retry=False)
        except OperationalError as error:
            _log.warning("job %d: the broker did not take its message, a worker will send it again: %s", job.id, error)
            return False
        finally:
            job_sent(job.id, job.created_at)
        return True

    def close(self) -> None:
        """Close the connections to the broker."""
        self.app.close()

    def _task_of(self, job: GradingJob) -> str:
        if job.queue is Queue.CPU:
            return GRADE_QUIZ if job.submission_id is None else GRADE_SUBMISSION
        if job.queue is Queue.REGRADE:
            return REGRADE_SUBMISSION
        if job.queue is Queue.GPU:
            with self._database.reading() as session:
                since = database_now(session) - silence(self._lease)
                if is_served(session, Queue.GPU, since=since):
                    return COMPARE_ON_GPU
        return COMPARE_SUBMISSION


def celery_app(settings: Settings) -> Celery:
    """Return the Celery app for these settings: late acknowledgement, JSON only, no result backend."""
    url = settings.resolved_broker_url()
    app = Celery("gradescent", broker=url, set_as_current=False)
    app.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_default_queue=Queue.CPU.value,
        task_queues=[_declared(queue, url) for queue in Queue],
        task_routes={task: {"queue": queue.value} for task, queue in QUEUE_OF.items()},
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=_CONNECT_SECONDS,
        broker_transport_options=_transport_options(url),
    )
    return app


def _declared(queue: Queue, url: str) -> entity.Queue:
    """Return a queue as it is declared at the broker: on RabbitMQ a quorum queue, which outlives the loss of a node."""
    arguments = {"x-queue-type": "quorum"} if url.startswith(_RABBITMQ) else None
    return entity.Queue(queue.value, entity.Exchange(queue.value), queue.value, queue_arguments=arguments)  # type: ignore[no-untyped-call]  # kombu is typed in part


_RABBITMQ = ("amqp", "pyamqp")


def _transport_options(url: str) -> dict[str, Any]:
    if url.startswith(("redis", "sentinel")):
        return {"socket_connect_timeout": _CONNECT_SECONDS}
    if url.startswith(_RABBITMQ):
        return {"confirm_publish": True}
    return {}
