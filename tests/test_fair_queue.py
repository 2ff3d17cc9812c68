import threading
import time

import pytest

from helix.errors import TooManyRequests
from helix.fair_queue import FairQueue
from tests.support.waiting import wait_for


class Crowd:
    """Persons in threads, who note when they have their turn."""

    def __init__(self, turns):
        self.turns = turns
        self.order = []
        self.refused = []
        self.inside = self.most_inside = 0
        self.go_on = threading.Event()
        self._threads = []
        self._lock = threading.Lock()

    def comes(self, person):
        thread = threading.Thread(target=self._ask, args=(person,), daemon=True)
        self._threads.append(thread)
        thread.start()
        time.sleep(0.02)  # they come one after the other

    def _ask(self, person):
        try:
            with self.turns.turn(person):
                with self._lock:
                    self.order.append(person)
                    self.inside += 1
                    self.most_inside = max(self.most_inside, self.inside)
                self.go_on.wait(5)
                with self._lock:
                    self.inside -= 1
        except TooManyRequests:
            self.refused.append(person)

    def all_done(self):
        self.go_on.set()
        for thread in self._threads:
            thread.join(5)


def test_never_more_than_agreed_are_inside():
    crowd = Crowd(FairQueue(2, waiting=10))
    for number in range(8):
        crowd.comes(number)

    crowd.all_done()

    assert len(crowd.order) == 8
    assert crowd.most_inside == 2


def test_one_persons_many_files_delay_anothers_one_by_one_turn():
    crowd = Crowd(FairQueue(1, waiting=60))
    for _ in range(30):
        crowd.comes("Mia")
    crowd.comes("Noah")

    crowd.all_done()

    assert crowd.order.index("Noah") <= 2
    assert crowd.order.count("Mia") == 30


def test_who_has_too_many_waiting_is_refused_and_others_are_not():
    crowd = Crowd(FairQueue(1, waiting=2))
    for _ in range(5):
        crowd.comes("Mia")
    crowd.comes("Noah")
    wait_for(lambda: len(crowd.refused) == 2)

    crowd.all_done()

    assert crowd.refused == ["Mia", "Mia"]
    assert sorted(crowd.order) == ["Mia", "Mia", "Mia", "Noah"]


def test_a_turn_that_fails_is_given_on():
    turns = FairQueue(1, waiting=1)
    with pytest.raises(ZeroDivisionError), turns.turn("Mia"):
        raise ZeroDivisionError

    with turns.turn("Noah"):
        pass
