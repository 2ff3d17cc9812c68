"""Prints the size of the permission matrices: `python -m tests.support.security_counts`."""

import sys

from tests.support.api_permissions import OPEN as OPEN_API
from tests.support.api_permissions import expected, rows
from tests.support.page_permissions import ADMIN, BOARD, INBOX, OPEN, OWN, SIGNED, routes

BOARD_LEVELS = ("stranger", "view", "create, on others'", "create, on one's own", "manage", "admin")


def main() -> None:
    api = rows()
    actors = list(expected(next(iter(api))))
    cells = sum(len(expected(route)) for route in api) + len(OPEN_API)
    closed = [route for table in (SIGNED, BOARD, INBOX, OWN, ADMIN) for route in routes(table)]
    shut_out = 3 * (len(closed) + sum(route.startswith("GET") for route in closed))
    let_in = 2 * len(routes(SIGNED)) + 2 * len(routes(ADMIN))
    pages = shut_out + len(BOARD_LEVELS) * len(routes(BOARD)) + len(routes(INBOX)) + len(routes(OWN)) + let_in
    forms = sum(route.startswith("POST") for route in [*closed, *routes(OPEN)]) - 1
    sys.stdout.write(
        f"API: {len(api) + len(OPEN_API)} routes, {len(actors)} kinds of callers ({', '.join(actors)}): {cells} cells"
    )
    sys.stdout.write(f"Pages: {len(closed) + len(routes(OPEN))} routes, {pages} visits; forged forms: {6 * forms}\n")


if __name__ == "__main__":
    main()
