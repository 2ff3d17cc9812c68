"""The boards: their list, one board with its columns, filters, views and cards, and their administration."""

from helix.web.boards import admin, bulk, limits, page, people, undo, views

BLUEPRINTS = [blueprint for part in (admin, page, bulk, limits, people, undo, views) for blueprint in part.BLUEPRINTS]
