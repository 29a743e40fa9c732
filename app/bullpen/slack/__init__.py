"""The Slack adapter: the only home of slack_sdk and slack_bolt."""
