"""What the desk is told from outside, and how it says that something is wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bullpen import settings
from bullpen_memory.errors import OperatorError


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("BULLPEN_", "SLACK_", "ANTHROPIC_", "DATABASE_URL")):
            monkeypatch.delenv(name)


def test_defaults_need_nothing() -> None:
    read = settings.load()
    assert read.home == Path("~/.bullpen").expanduser()
    assert (read.port, read.slack_mode, read.model_mode) == (4747, "workspace", "offline")
    assert read.person


def test_the_key_chooses_claude_and_the_address_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-something-long")
    assert settings.load().model_mode == "claude"
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:11434")
    assert settings.load().model_mode == "server"
    assert not settings.load().sees_pictures
    monkeypatch.setenv("BULLPEN_MODEL_PICTURES", "yes")
    assert settings.load().sees_pictures


def test_the_memory_is_a_file_or_a_server_whose_password_is_never_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert settings.load(home=tmp_path).memory == tmp_path / "context.db"
    monkeypatch.setenv("DATABASE_URL", "postgresql://ann:hush@db/plain")
    assert settings.load().memory == "postgresql://ann:hush@db/plain"
    monkeypatch.setenv("BULLPEN_DATABASE_URL", "postgresql://ann:hush@db/ours")
    assert settings.load().memory == "postgresql://ann:hush@db/ours"
    assert "hush" not in repr(settings.load())
    monkeypatch.delenv("BULLPEN_DATABASE_URL")
    monkeypatch.setenv("DATABASE_URL", "mysql://ann:hush@db/other")
    with pytest.raises(OperatorError, match="or in DATABASE_URL, must begin with") as told:
        settings.load()
    assert "hush" not in str(told.value)


def test_an_empty_variable_is_an_absent_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "")
    monkeypatch.setenv("BULLPEN_PORT", "")
    assert settings.load().model_mode == "offline"
    assert settings.load().port == 4747


def test_arguments_win_over_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BULLPEN_PORT", "5000")
    monkeypatch.setenv("BULLPEN_HOME", "/elsewhere")
    read = settings.load(home=tmp_path, port=0)
    assert (read.home, read.port) == (tmp_path, 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BULLPEN_PORT", "eighty"),
        ("BULLPEN_PORT", "70000"),
        ("BULLPEN_MAX_FILE_MB", "-1"),
        ("ANTHROPIC_BASE_URL", "localhost:11434"),
    ],
)
def test_a_wrong_value_is_told_with_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(OperatorError) as told:
        settings.load()
    assert name in told.value.fact
    assert told.value.cause
    assert name in told.value.remedy


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-very-secret")
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-very-secret")
    read = settings.load()
    assert "very-secret" not in repr(read) + str(read) + read.model_dump_json()


@pytest.mark.parametrize(
    ("bot", "app", "word"),
    [
        ("xoxb-1", None, "SLACK_APP_TOKEN"),
        (None, "xapp-1", "SLACK_BOT_TOKEN"),
        ("xoxp-1", "xapp-1", "xoxb-"),
        ("xoxb-1", "xoxb-1", "xapp-"),
    ],
)
def test_half_a_slack_is_told(
    monkeypatch: pytest.MonkeyPatch, bot: str | None, app: str | None, word: str
) -> None:
    for name, value in (("SLACK_BOT_TOKEN", bot), ("SLACK_APP_TOKEN", app)):
        if value:
            monkeypatch.setenv(name, value)
    read = settings.load()
    assert read.slack_mode == "slack"
    with pytest.raises(OperatorError, match=word):
        read.slack_tokens()


def test_the_home_is_its_owners_only(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"
    settings.prepare_home(home)
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "logs").is_dir()


def test_an_open_home_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    settings.prepare_home(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_a_home_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OperatorError) as told:
        settings.prepare_home(tmp_path / "file")
    assert str(tmp_path / "file") in told.value.fact
    assert "--home" in told.value.remedy


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_home_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OperatorError, match="Permission denied"):
        settings.prepare_home(tmp_path)
