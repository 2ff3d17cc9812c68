"""The `helix` command with a web_fetch that may read pages of this machine, from the ports in LOCAL_PAGES_PORTS.

    python -m tests.support.helix_with_local_pages worker runs

`ALLOW_PRIVATE` of helix/services/tools/web.py is a constant and no setting, so that no installation can turn it on.
"""

import os

from helix.cli import main
from helix.services.tools import web

web.ALLOW_PRIVATE = True
web.PORTS = frozenset(int(port) for port in os.environ["LOCAL_PAGES_PORTS"].split(","))

main(prog_name="helix")
