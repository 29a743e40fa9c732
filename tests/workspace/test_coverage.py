"""The coverage matrix says what is so, and errors are Slack's own words."""

import re
from pathlib import Path

import pytest

from bullpen_workspace.coverage import MATRIX, render_markdown
from bullpen_workspace.events import EVENTS
from bullpen_workspace.web_api.dispatch import METHODS
from workspace.slack_reference import load_reference

HERE = Path(__file__).parent


def listed(family: str, *, absent: bool) -> set[str]:
    return {
        row.name for row in MATRIX if row.family == family and (row.status == "absent") is absent
    }


def test_every_method_is_listed_and_every_listed_method_answers() -> None:
    assert listed("method", absent=False) == set(METHODS)
    assert not listed("method", absent=True) & set(METHODS)


def test_every_event_is_listed() -> None:
    assert listed("event", absent=False) == set(EVENTS)


def test_every_name_is_listed_once() -> None:
    names = [(row.family, row.name) for row in MATRIX]
    assert len(names) == len(set(names))


def test_whatever_is_supported_names_tests_that_exist() -> None:
    sources = {path.name: path.read_text() for path in HERE.glob("test_*.py")}
    for row in MATRIX:
        assert bool(row.tests) is (row.status != "absent"), row.name
        for test in row.tests:
            file, _, name = test.partition("::")
            assert re.search(rf"^(async )?def {name}\(", sources[file], re.MULTILINE), test


def test_a_named_test_speaks_of_its_method() -> None:
    """A method's tests call it: by its name, or by the client's function of that name."""
    sources = {path.name: path.read_text() for path in HERE.glob("test_*.py")}
    for row in MATRIX:
        if row.family == "method" and row.tests:
            texts = [sources[test.partition("::")[0]] for test in row.tests]
            spoken = (row.name, row.name.replace(".", "_"), "chat_stream", "files_upload_v2")
            assert any(word in text for text in texts for word in spoken), row.name


def test_markdown_shows_every_row() -> None:
    rendered = render_markdown()
    for row in MATRIX:
        assert f"| `{row.name}` | {row.status} |" in rendered


@pytest.fixture(scope="module")
def reference() -> dict[str, dict]:
    return load_reference()


def test_required_arguments_are_slacks(reference: dict[str, dict]) -> None:
    # Slack's reference lists these as required although its own clients may leave them out.
    lenient = {
        "assistant.threads.setStatus": {"status"},  # "" clears the status
        "chat.appendStream": {"markdown_text"},  # chunks will do
        "reactions.add": {"timestamp", "channel"},  # answered with no_item_specified
    }
    for name, method in METHODS.items():
        if name not in reference:
            continue
        required = set(reference[name]["required"]) - {"token"} - lenient.get(name, set())
        assert required <= set(method.needs), name


def test_methods_are_slacks(reference: dict[str, dict]) -> None:
    beyond = {"apps.event.authorizations.list", "auth.revoke", "bookmarks.edit", "bookmarks.remove"}
    beyond |= {
        "apps.uninstall",
        "apps.manifest.export",
        "apps.manifest.validate",
        "chat.unfurl",
        "conversations.unarchive",
        "conversations.close",
        "canvases.delete",
        "canvases.sections.lookup",
        "conversations.canvases.create",
    }  # Slack's, but not in our copy
    assert set(METHODS) <= set(reference) | beyond


def test_errors_are_slacks_words(reference: dict[str, dict]) -> None:
    """Every code that the API raises is in Slack's reference, or is one that any method gives."""
    general = {
        *("unknown_method", "not_authed", "invalid_auth", "not_allowed_token_type"),
        *("invalid_arguments", "invalid_json", "json_not_object", "invalid_form_data"),
        *("app_missing_action_url", "invalid_metadata_format"),
        *("client_id_token_mismatch", "invalid_manifest", "app_not_found"),
        *("channel_canvas_already_exists", "method_not_supported_for_channel_type"),
        *("token_expired", "not_archived", "cannot_unfurl_url", "cannot_parse_attachment"),
    }
    known = general.union(*(method["errors"] or () for method in reference.values()))
    package = HERE.parents[1] / "workspace" / "bullpen_workspace"
    raised: set[str] = set()
    for file in [*package.glob("web_api/*.py"), package / "args.py", package / "auth.py"]:
        raised.update(re.findall(r'SlackError\(\s*"([a-z_]+)"', file.read_text()))
    assert len(raised) > 40
    assert not raised - known
