"""Boards: their list, one of them with its columns, filters and views, its cards, and what is done to several."""

from helix.web.boards import admin, bulk, index, limits, page, undo, views

DOORS = [door for part in (admin, index, limits, page, bulk, undo, views) for door in part.DOORS]
