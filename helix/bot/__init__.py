"""Telegram inbound: updates by polling or webhook, and the buttons that people press. An entry point."""
