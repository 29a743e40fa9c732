"""What of Slack's platform the workspace covers: the matrix of methods, events and payloads.

The rule it protects: the workspace is honest about itself. Every registered method and every
event is listed with its status and the tests that show it; a test keeps the list true. It is
data and one renderer; it measures nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Family = Literal["method", "event", "payload", "transport"]
Status = Literal["supported", "partial", "absent"]


@dataclass(frozen=True, slots=True)
class Covered:
    """One thing of Slack's. `tests` are "file::test"; `note` says what is missing."""

    family: Family
    name: str
    status: Status
    tests: tuple[str, ...] = ()
    note: str = ""


_CHAT = "test_chat_api.py::"
_STREAM = "test_streaming_api.py::"
_PLACES = "test_conversations_api.py::"
_FILES = "test_files_api.py::"
_AGENTS = "test_agents_api.py::"
_EVENTS = "test_events.py::"
_ACTS = "test_interactions.py::"
_SOCKET = "test_socket_mode.py::"
_WIRE = "test_wire.py::"
_INSTALL = "test_install.py::"
_MORE = "test_further_api.py::"
_DOCUMENTS = "test_canvases_api.py::"
_SHAPES = "test_payload_shapes.py::"


def _method(name: str, *tests: str, note: str = "") -> Covered:
    return Covered("method", name, "partial" if note else "supported", tests, note)


def _event(name: str, *tests: str, note: str = "") -> Covered:
    return Covered("event", name, "partial" if note else "supported", tests, note)


def _payload(name: str, *tests: str, note: str = "") -> Covered:
    return Covered("payload", name, "partial" if note else "supported", tests, note)


def _absent(family: Family, *names: str, note: str = "") -> tuple[Covered, ...]:
    return tuple(Covered(family, name, "absent", (), note) for name in names)


_METHODS = (
    _method("api.test", f"{_WIRE}test_api_test_needs_no_token_and_echoes"),
    _method("auth.test", f"{_WIRE}test_sync_client_without_arguments_sends_an_empty_json_body"),
    _method("apps.connections.open", f"{_SOCKET}test_ticket_opens_one_socket_only"),
    _method(
        "chat.postMessage",
        f"{_CHAT}test_plain_post_is_the_bots",
        f"{_CHAT}test_post_under_an_agents_name",
        f"{_CHAT}test_what_is_refused",
        note="link unfurling, parse and link_names are ignored",
    ),
    _method("chat.update", f"{_CHAT}test_update_changes_and_marks_edited"),
    _method("chat.delete", f"{_CHAT}test_delete_leaves_a_tombstone_over_replies"),
    _method("chat.postEphemeral", f"{_CHAT}test_ephemeral_is_seen_by_one_person_only"),
    _method("chat.getPermalink", f"{_CHAT}test_permalink_of_a_reply_names_its_thread"),
    _method(
        "chat.startStream",
        f"{_STREAM}test_stream_helper_grows_one_message",
        f"{_STREAM}test_what_is_refused",
    ),
    _method("chat.appendStream", f"{_STREAM}test_stream_dies_of_age_and_update_recovers_it"),
    _method("chat.stopStream", f"{_STREAM}test_all_four_chunk_kinds_as_a_timeline"),
    _method("assistant.threads.setStatus", f"{_AGENTS}test_status_line_and_its_end"),
    _method("assistant.threads.setTitle", f"{_AGENTS}test_title_and_prompts"),
    _method("assistant.threads.setSuggestedPrompts", f"{_AGENTS}test_title_and_prompts"),
    _method("agents.sessions.setStatus", f"{_AGENTS}test_session_life"),
    _method("agents.sessions.rename", f"{_AGENTS}test_session_life"),
    _method("conversations.list", f"{_PLACES}test_first_channels_and_types"),
    _method("conversations.info", f"{_PLACES}test_private_places_of_others_do_not_exist"),
    _method(
        "conversations.history",
        f"{_PLACES}test_history_in_pages",
        f"{_PLACES}test_history_between_bounds",
    ),
    _method("conversations.replies", f"{_PLACES}test_replies_in_pages"),
    _method("conversations.members", f"{_PLACES}test_channel_life"),
    _method("conversations.open", f"{_WIRE}test_lists_as_comma_strings"),
    _method("conversations.join", f"{_PLACES}test_channel_life"),
    _method("conversations.create", f"{_PLACES}test_channel_life"),
    _method("conversations.invite", f"{_PLACES}test_channel_life"),
    _method("conversations.leave", f"{_PLACES}test_channel_life"),
    _method("conversations.mark", f"{_PLACES}test_mark_moves_the_read_mark"),
    _method("conversations.setTopic", f"{_PLACES}test_channel_life"),
    _method("users.info", f"{_PLACES}test_users"),
    _method("users.list", f"{_PLACES}test_users"),
    _method("users.lookupByEmail", f"{_PLACES}test_users"),
    _method("users.conversations", f"{_PLACES}test_first_channels_and_types"),
    _method("bots.info", f"{_PLACES}test_team_bots_and_emoji"),
    _method("team.info", f"{_PLACES}test_team_bots_and_emoji"),
    _method("emoji.list", f"{_PLACES}test_team_bots_and_emoji", note="no custom emoji"),
    _method("reactions.add", f"{_PLACES}test_reactions"),
    _method("reactions.remove", f"{_PLACES}test_reactions", note="messages only"),
    _method(
        "reactions.get",
        f"{_WIRE}test_async_client_sends_arguments_in_the_query_of_a_post",
        note="messages only",
    ),
    _method("files.getUploadURLExternal", f"{_FILES}test_upload_into_a_thread_as_an_agent"),
    _method(
        "files.completeUploadExternal",
        f"{_FILES}test_upload_v2",
        f"{_FILES}test_upload_address_works_once",
        note="the message is there at once, not a moment later",
    ),
    _method("files.info", f"{_FILES}test_info_list_and_delete"),
    _method(
        "files.list", f"{_FILES}test_info_list_and_delete", f"{_DOCUMENTS}test_small_additions"
    ),
    _method("files.delete", f"{_FILES}test_info_list_and_delete"),
    _method("views.open", f"{_ACTS}test_modal_from_shortcut_to_answer"),
    _method("views.push", f"{_ACTS}test_views_push_update_and_hash"),
    _method("views.update", f"{_ACTS}test_views_push_update_and_hash"),
    _method(
        "blocks.validate",
        "test_blocks.py::test_validate_names_each_problem_by_pointer",
        note="the codes of single problems are this workspace's",
    ),
    _method("views.publish", f"{_EVENTS}test_app_home_opened_and_published"),
    _method("chat.scheduleMessage", f"{_MORE}test_scheduled_messages"),
    _method("chat.deleteScheduledMessage", f"{_MORE}test_scheduled_messages"),
    _method("chat.scheduledMessages.list", f"{_MORE}test_scheduled_messages"),
    _method("chat.unfurl", f"{_MORE}test_links_are_shared_and_unfurled", note="attachments only"),
    _method("pins.add", f"{_MORE}test_pins"),
    _method("pins.remove", f"{_MORE}test_pins"),
    _method("pins.list", f"{_MORE}test_pins"),
    _method("bookmarks.add", f"{_MORE}test_bookmarks"),
    _method("bookmarks.edit", f"{_MORE}test_bookmarks"),
    _method("bookmarks.remove", f"{_MORE}test_bookmarks"),
    _method("bookmarks.list", f"{_MORE}test_bookmarks"),
    _method("conversations.setPurpose", f"{_MORE}test_upkeep_of_a_channel"),
    _method("conversations.rename", f"{_MORE}test_upkeep_of_a_channel"),
    _method("conversations.archive", f"{_MORE}test_upkeep_of_a_channel"),
    _method("conversations.unarchive", f"{_MORE}test_upkeep_of_a_channel"),
    _method("conversations.kick", f"{_MORE}test_upkeep_of_a_channel"),
    _method(
        "search.messages",
        f"{_MORE}test_search_finds_what_the_person_may_read",
        note="words, phrases, in: and from:; newest first, no ranking",
    ),
    _method("users.profile.get", f"{_MORE}test_small_readers"),
    _method("usergroups.list", f"{_MORE}test_small_readers", note="there are no user groups"),
    _method("auth.revoke", f"{_MORE}test_revoked_token_is_gone"),
    _method(
        "oauth.v2.access",
        f"{_INSTALL}test_bolts_oauth_flow_installs_the_app",
        f"{_INSTALL}test_tokens_that_expire_are_rotated",
        f"{_INSTALL}test_a_verifier_stands_in_for_the_secret",
        note="no organisations; PKCE is open to every app",
    ),
    _method("apps.uninstall", f"{_INSTALL}test_uninstalled_app_is_told_and_gone"),
    _method(
        "apps.manifest.validate",
        f"{_INSTALL}test_manifest_problems_are_named",
        note="checks what the workspace uses; takes any token",
    ),
    _method(
        "apps.manifest.export",
        f"{_INSTALL}test_an_installed_app_is_exported_as_a_manifest",
        note="what the workspace knows of the app; takes any token",
    ),
    _method("apps.event.authorizations.list", f"{_MORE}test_for_whom_an_event_was_sent"),
    *(
        _method(name, f"{_DOCUMENTS}test_a_canvas_is_written_in_sections")
        for name in (
            "canvases.create",
            "canvases.edit",
            "canvases.delete",
            "canvases.sections.lookup",
            "conversations.canvases.create",
        )
    ),
    _method(
        "conversations.close",
        f"{_DOCUMENTS}test_small_additions",
        note="direct messages are always open",
    ),
    _method(
        "usergroups.users.list",
        f"{_DOCUMENTS}test_small_additions",
        note="there are no user groups",
    ),
    *_absent(
        "method",
        "agents.conversations.create",
        note="code channels are not modelled; answers unknown_method",
    ),
    *_absent(
        "method",
        "functions.completeError",
        "functions.completeSuccess",
        note="there are no workflows to run functions; answers unknown_method",
    ),
    *_absent("method", "slackLists.create", note="there are no lists; answers unknown_method"),
)

_EVENT_ROWS = (
    _event(
        "message",
        f"{_EVENTS}test_channel_types",
        f"{_EVENTS}test_subtypes",
        f"{_EVENTS}test_a_channel_tells_what_becomes_of_it",
    ),
    _event("app_mention", f"{_EVENTS}test_mention_is_told_twice_with_one_ts"),
    _event("app_home_opened", f"{_EVENTS}test_app_home_opened_and_published"),
    _event("reaction_added", f"{_EVENTS}test_reactions_members_and_channels"),
    _event("reaction_removed", f"{_EVENTS}test_reactions_members_and_channels"),
    _event("member_joined_channel", f"{_EVENTS}test_reactions_members_and_channels"),
    _event("member_left_channel", f"{_EVENTS}test_reactions_members_and_channels"),
    _event("file_shared", f"{_EVENTS}test_subtypes"),
    _event("channel_created", f"{_EVENTS}test_reactions_members_and_channels"),
    _event("channel_rename", f"{_MORE}test_upkeep_of_a_channel"),
    _event("channel_archive", f"{_MORE}test_upkeep_of_a_channel"),
    _event("channel_unarchive", f"{_MORE}test_upkeep_of_a_channel"),
    _event("group_rename", f"{_MORE}test_private_channels_have_their_own_events"),
    _event("group_archive", f"{_MORE}test_private_channels_have_their_own_events"),
    _event("group_unarchive", f"{_MORE}test_private_channels_have_their_own_events"),
    _event("pin_added", f"{_MORE}test_pins"),
    _event("pin_removed", f"{_MORE}test_pins"),
    _event("link_shared", f"{_MORE}test_links_are_shared_and_unfurled"),
    _event("tokens_revoked", f"{_MORE}test_revoked_token_is_gone"),
    _event("app_uninstalled", f"{_INSTALL}test_uninstalled_app_is_told_and_gone"),
    _event("agent_session_title_changed", f"{_MORE}test_person_renames_a_session"),
    _event(
        "app_context_changed",
        f"{_MORE}test_agent_is_told_where_the_person_looks",
        note="its inner shape is not documented: a guess",
    ),
    _event("assistant_thread_started", f"{_MORE}test_legacy_assistant_thread"),
    _event("assistant_thread_context_changed", f"{_MORE}test_legacy_assistant_thread"),
    _event("agent_session_stopped", f"{_STREAM}test_stop_button_ends_the_stream_and_tells_the_app"),
)

_PAYLOADS = (
    _payload("block_actions", f"{_ACTS}test_button_press_and_response_url"),
    _payload("view_submission", f"{_ACTS}test_modal_from_shortcut_to_answer"),
    _payload("view_closed", f"{_ACTS}test_modal_from_shortcut_to_answer"),
    _payload("shortcut", f"{_ACTS}test_modal_from_shortcut_to_answer"),
    _payload("message_action", f"{_ACTS}test_message_shortcut"),
    _payload("block_suggestion", f"{_ACTS}test_external_select_asks_for_options"),
    _payload("slash_commands", f"{_ACTS}test_slash_command_answers_and_replies"),
    _payload(
        "response_url",
        f"{_ACTS}test_button_press_and_response_url",
        f"{_SHAPES}test_a_response_address_outlives_a_restart",
    ),
)

_TRANSPORT = (
    Covered(
        "transport",
        "Socket Mode",
        "supported",
        (
            f"{_SOCKET}test_each_envelope_goes_to_one_of_the_sockets",
            f"{_SOCKET}test_silence_is_retried_on_another_socket_then_given_up",
            f"{_SOCKET}test_queue_waits_for_a_socket_and_a_restart",
            f"{_SOCKET}test_refresh_loses_nothing",
        ),
    ),
    Covered(
        "transport",
        "Rate limits",
        "supported",
        (
            "test_limits.py::test_a_tier_is_a_number_of_calls_a_minute",
            "test_limits.py::test_a_channel_takes_one_message_a_second",
        ),
        "in `strict_limits`; t5 is taken as 600 a minute",
    ),
    Covered(
        "transport",
        "Scopes",
        "supported",
        (
            "test_scopes.py::test_missing_scope_says_what_is_needed",
            "test_scopes.py::test_a_scope_is_for_one_kind_of_conversation",
        ),
        "in `strict_scopes`; the headers always",
    ),
    Covered(
        "transport",
        "Faults on demand",
        "supported",
        (
            "test_faults.py::test_sockets_drop_and_nothing_is_lost",
            "test_faults.py::test_calls_fail_before_or_after_they_took_effect",
            "test_faults.py::test_deliveries_are_delayed_doubled_and_turned_round",
        ),
        "not Slack's: `/_control`, off without a control token",
    ),
    Covered(
        "transport",
        "Events over HTTP",
        "supported",
        (
            "test_http_mode.py::test_bolt_in_http_mode",
            "test_http_mode.py::test_retries_say_their_number_and_reason",
            "test_http_mode.py::test_an_address_must_answer_the_challenge",
        ),
        "to this machine only",
    ),
    Covered(
        "transport",
        "OAuth",
        "partial",
        (
            f"{_INSTALL}test_bolts_oauth_flow_installs_the_app",
            f"{_INSTALL}test_codes_are_for_one_app_and_one_use",
            f"{_INSTALL}test_tokens_that_expire_are_rotated",
            f"{_INSTALL}test_a_verifier_stands_in_for_the_secret",
        ),
        "v2 with token rotation and PKCE; no organisations",
    ),
    Covered(
        "transport",
        "Several apps",
        "supported",
        ("test_several.py::test_each_app_hears_only_where_it_is",),
    ),
    Covered(
        "transport",
        "Several people",
        "supported",
        ("test_several.py::test_each_person_has_a_token",),
    ),
)

MATRIX: tuple[Covered, ...] = (*_METHODS, *_EVENT_ROWS, *_PAYLOADS, *_TRANSPORT)
"""Everything that was considered, in the order in which it is read."""

_HEADINGS: dict[Family, str] = {
    "method": "Web API methods",
    "event": "Events",
    "payload": "Interactive payloads",
    "transport": "Transport",
}


def render_markdown(matrix: Sequence[Covered] = MATRIX) -> str:
    """The matrix as Markdown tables, one per family."""
    parts: list[str] = []
    for family, heading in _HEADINGS.items():
        parts += [f"## {heading}", "", "| name | status | tests | note |", "|---|---|---|---|"]
        for row in matrix:
            if row.family == family:
                tests = ", ".join(f"`{test.partition('::')[2]}`" for test in row.tests)
                parts.append(f"| `{row.name}` | {row.status} | {tests} | {row.note} |")
        parts.append("")
    return "\n".join(parts)
