"""The local Slack: a workspace on this machine that speaks Slack's protocol."""
