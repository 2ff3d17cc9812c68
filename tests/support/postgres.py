"""A separate PostgreSQL server that a test may stop and start; never the one the suite runs on."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from tests.support.waiting import free_port


def programs() -> Path | None:
    """Where initdb and pg_ctl are; None where PostgreSQL's server is not installed."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    on_path = shutil.which("initdb")
    candidates = installed or ([Path(on_path).parent] if on_path else [])
    return candidates[-1] if candidates and (candidates[-1] / "initdb").exists() else None


class Postgres:
    """A cluster in a folder, on a port of its own. It refuses to run as root, so root runs it as `postgres`, who
    must be able to reach the folder: pytest's own are closed to him."""

    def __init__(self, folder: Path, *, listen: str = "127.0.0.1", trusted: str | None = None) -> None:
        """`trusted`: a network, as in 10.0.0.0/24, whose hosts may come in besides this one."""
        self.folder, self.port, self._listen = folder, free_port(), listen
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"
        folder.mkdir(mode=0o700, parents=True)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        self._call(
            "initdb", "-D", str(folder / "data"), "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-U", "postgres"
        )
        if trusted:
            with (folder / "data" / "pg_hba.conf").open("a") as rules:
                rules.write(f"host all all {trusted} trust\n")

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses={self._listen} -k {self.folder} -c fsync=off"
        self._call(
            "pg_ctl", "-D", str(self.folder / "data"), "-w", "-o", options, "-l", str(self.folder / "log"), "start"
        )

    def stop(self) -> None:
        """At once: connections are cut in the middle of what they do. Asked again while it is still coming up."""
        self._call("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", "immediate", "stop")

    def _call(self, program: str, *arguments: str) -> None:
        folder = programs()
        assert folder is not None
        done = subprocess.run(
            [str(folder / program), *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            user=pwd.getpwnam("postgres").pw_uid if os.geteuid() == 0 else None,
            cwd="/",
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
