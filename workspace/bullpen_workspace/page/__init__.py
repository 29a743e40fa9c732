"""The chat page: server-rendered fragments pushed over a WebSocket."""
