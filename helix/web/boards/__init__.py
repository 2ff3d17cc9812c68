"""Boards: their list, one of them with its columns, filters and views, its cards, and what is done to several."""

from helix.web.boards import admin, index, limits, page, several, undo, views

DOORS = [door for part in (admin, index, limits, page, several, undo, views) for door in part.DOORS]
