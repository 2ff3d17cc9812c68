"""Boards in a skill's file: by name, so that a file means the same in another installation, else by id."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select

from helix.extensions import db
from helix.models import Board, Department


class BoardNames:
    """Every board by what a file may call it: its name where it is the only one, or "Department / Name"."""

    def __init__(self) -> None:
        self._ids: set[int] = set()
        by_word: dict[str, set[int]] = defaultdict(set)
        self._words: dict[int, tuple[str, str]] = {}
        query = select(Board.id, Board.name, Department.name).join(Department, Department.id == Board.department_id)
        for board_id, name, department in db.session.execute(query.order_by(Board.id)):
            self._ids.add(board_id)
            self._words[board_id] = (name, f"{department} / {name}")
            for word in self._words[board_id]:
                by_word[word.casefold()].add(board_id)
        self._by_word = by_word

    def word(self, board_id: int) -> int | str:
        """What a file calls this board."""
        clear = (word for word in self._words.get(board_id, ()) if self.find(word) == board_id)
        return next(clear, board_id)

    def find(self, word: int | str) -> int | None:
        """The board that is meant; None where there is none, or more than one."""
        if isinstance(word, int):
            return word if word in self._ids else None
        found = self._by_word.get(word.casefold(), set())
        return next(iter(found)) if len(found) == 1 else None

    def find_all(self, words: Iterable[int | str]) -> tuple[list[int], list[int | str]]:
        """The ids of those that are found, and what was not."""
        found, unknown = [], []
        for word in words:
            board_id = self.find(word)
            if board_id is None:
                unknown.append(word)
            else:
                found.append(board_id)
        return list(dict.fromkeys(found)), unknown
