from __future__ import annotations

import stat
from dataclasses import fields
from pathlib import Path

import pytest

from grader.domain.errors import SettingsError
from grader.settings import REPOSITORY, Settings, read_settings, settings_table, variable

GOOD_KEY = "k" * 32


def test_an_empty_environment_gives_the_defaults() -> None:
    assert read_settings({"PATH": "/bin"}) == Settings()


def test_each_kind_of_value_is_parsed() -> None:
    settings = read_settings(
        {
            "GRADESCENT_PORT": "9000",
            "GRADESCENT_LEASE_SECONDS": "2.5",
            "GRADESCENT_SECURE_COOKIES": "Yes",
            "GRADESCENT_DATA_DIR": "~/data",
            "GRADESCENT_BROKER_URL": "redis://localhost/0",
        }
    )
    assert (settings.port, settings.lease_seconds, settings.secure_cookies) == (9000, 2.5, True)
    assert settings.data_dir == Path.home() / "data"
    assert settings.resolved_broker_url() == "redis://localhost/0"


def test_the_embedded_defaults_live_in_the_data_folder() -> None:
    settings = Settings(data_dir=Path("/data"))
    assert settings.resolved_database_url() == "sqlite:////data/gradescent.sqlite3"
    assert settings.resolved_broker_url() == "gradescent+sqlite:////data/broker.sqlite3"


def test_an_unknown_variable_is_refused_because_it_may_be_a_slip() -> None:
    with pytest.raises(SettingsError, match="GRADESCENT_PROT: no such setting"):
        read_settings({"GRADESCENT_PROT": "9000"})


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(SettingsError) as error:
        read_settings(
            {
                "GRADESCENT_PORT": "many",
                "GRADESCENT_SECURE_COOKIES": "perhaps",
                "GRADESCENT_SANDBOX_TIER": "open",
                "GRADESCENT_ENVIRONMENT": "staging",
                "GRADESCENT_TYPO": "x",
            }
        )
    assert {line.split(":")[0] for line in str(error.value).splitlines()} == {
        "GRADESCENT_PORT",
        "GRADESCENT_SECURE_COOKIES",
        "GRADESCENT_SANDBOX_TIER",
        "GRADESCENT_ENVIRONMENT",
        "GRADESCENT_TYPO",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "65536"),
        ("METRICS_PORT", "-1"),
        ("METRICS_PORT", "65536"),
        ("TRUSTED_PROXIES", "-1"),
        ("CONCURRENCY", "0"),
        ("COMPARISON_CONCURRENCY", "0"),
        ("LEASE_SECONDS", "0"),
        ("LEASE_SECONDS", "nan"),
    ],
)
def test_a_number_out_of_range_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"GRADESCENT_{name}: expected"):
        read_settings({f"GRADESCENT_{name}": value})


def test_a_worker_serves_all_queues_but_the_gpus_unless_told_otherwise() -> None:
    assert Settings().served_queues() == ["cpu", "comparison", "regrade"]
    assert read_settings({"GRADESCENT_QUEUES": "gpu, cpu"}).served_queues() == ["gpu", "cpu"]


@pytest.mark.parametrize("queues", ["", "cpu,", "cpu,cpu", "cpu,regrades", "CPU", "cpu comparison"])
def test_queues_that_are_none_or_named_twice_are_refused(queues: str) -> None:
    with pytest.raises(
        SettingsError, match="GRADESCENT_QUEUES: expected some of cpu, comparison, gpu, regrade, each once"
    ):
        read_settings({"GRADESCENT_QUEUES": queues})


def test_production_refuses_the_process_tier() -> None:
    with pytest.raises(SettingsError, match="GRADESCENT_SANDBOX_TIER"):
        read_settings({"GRADESCENT_ENVIRONMENT": "production", "GRADESCENT_SANDBOX_TIER": "process"})


@pytest.mark.parametrize("weak", ["", "short", "x" * 31])
def test_production_refuses_a_weak_key_where_one_is_asked_for(weak: str) -> None:
    settings = read_settings({"GRADESCENT_ENVIRONMENT": "production", "GRADESCENT_SECRET_KEY": weak})
    with pytest.raises(SettingsError, match="GRADESCENT_SECRET_KEY"):
        settings.resolved_secret_key()


def test_the_portal_hears_of_its_weak_secrets_together_with_all_other_faults() -> None:
    with pytest.raises(SettingsError) as error:
        read_settings(
            {
                "GRADESCENT_ENVIRONMENT": "production",
                "GRADESCENT_SECRET_KEY": "short",
                "GRADESCENT_METRICS_TOKEN": "short",
                "GRADESCENT_SANDBOX_TIER": "process",
                "GRADESCENT_PORT": "0",
            },
            for_portal=True,
        )
    assert {line.split(":")[0] for line in str(error.value).splitlines()} == {
        "GRADESCENT_SECRET_KEY",
        "GRADESCENT_METRICS_TOKEN",
        "GRADESCENT_SANDBOX_TIER",
        "GRADESCENT_PORT",
    }


def test_a_worker_in_production_needs_no_secret_of_the_portal() -> None:
    assert read_settings({"GRADESCENT_ENVIRONMENT": "production"}).is_production


def test_development_asks_the_portal_for_no_secret() -> None:
    assert read_settings({"GRADESCENT_METRICS_TOKEN": "short"}, for_portal=True).metrics_token == "short"


@pytest.mark.parametrize("endpoint", ["http://localhost:4318", "https://collector.example/otlp/"])
def test_a_collector_is_named_by_its_url(endpoint: str) -> None:
    assert read_settings({"GRADESCENT_OTLP_ENDPOINT": endpoint}).otlp_endpoint == endpoint


@pytest.mark.parametrize("endpoint", ["localhost:4318", "ftp://localhost", "http://", "http://a:port", "http://a?x=1"])
def test_what_is_no_url_of_a_collector_is_refused(endpoint: str) -> None:
    with pytest.raises(SettingsError, match="GRADESCENT_OTLP_ENDPOINT: expected a URL"):
        read_settings({"GRADESCENT_OTLP_ENDPOINT": endpoint})


def test_an_unknown_log_format_is_refused() -> None:
    with pytest.raises(SettingsError, match="GRADESCENT_LOG_FORMAT: expected text or json, found 'xml'"):
        read_settings({"GRADESCENT_LOG_FORMAT": "xml"})


def test_the_secret_key_is_made_once_and_for_the_owner_only(settings: Settings) -> None:
    key = settings.resolved_secret_key()
    assert len(key) >= 32
    assert settings.resolved_secret_key() == key
    assert stat.S_IMODE((settings.data_dir / "secret_key").stat().st_mode) == 0o600


def test_a_key_from_the_environment_is_used_as_it_is() -> None:
    assert Settings(secret_key=GOOD_KEY).resolved_secret_key() == GOOD_KEY


def test_the_documentation_has_the_table_of_all_settings() -> None:
    page = (REPOSITORY / "docs" / "settings.md").read_text(encoding="utf-8")
    assert settings_table() in page, "run `python -m grader.settings` and put its table into docs/settings.md"
    assert all(f"`{variable(item.name)}`" in page for item in fields(Settings))
