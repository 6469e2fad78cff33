"""docs/operations.md names every metric that there is, and none that there is not."""

from __future__ import annotations

import re

from prometheus_client.parser import text_string_to_metric_families

from grader.settings import REPOSITORY, Settings, settings_table
from grader.store.database import Database
from grader.watch import JobWatch
from webapp.metrics import Metrics

PAGE = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8")


def test_the_page_has_a_line_for_every_metric(settings: Settings, database: Database) -> None:
    portal = text_string_to_metric_families(Metrics(settings, database).tell().decode())
    families = [*portal, *JobWatch().registry.collect()]
    names = {f"{family.name}_total" if family.type == "counter" else family.name for family in families}
    assert set(re.findall(r"^\| `(gradescent_\w+)` \|", PAGE, re.MULTILINE)) == names


def test_alerts_are_about_metrics_that_there_are() -> None:
    documented = set(re.findall(r"^\| `(gradescent_\w+)` \|", PAGE, re.MULTILINE))
    assert set(re.findall(r"gradescent_\w+", PAGE)) <= documented


def test_every_setting_on_the_page_exists() -> None:
    assert set(re.findall(r"GRADESCENT_\w+", PAGE)) <= set(re.findall(r"GRADESCENT_\w+", settings_table()))
