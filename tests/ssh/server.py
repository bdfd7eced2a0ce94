"""An sshd of the tests' own on 127.0.0.1, and a proxy that makes its line long."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from tests.cli.pages import blocks
from tests.cli.walk import BIN
from tests.waiting import HANG_SECONDS

SSHD = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")


def missing() -> str:
    """Return why there can be no SSH test here; empty where there can."""
    if SSHD is None:
        return "sshd is not installed: apt-get install openssh-server"
    if shutil.which("ssh") is None or shutil.which("ssh-keygen") is None:
        return "ssh is not installed: apt-get install openssh-client"
    return ""


def authorized(data: Path, *, before: str = "") -> str:
    """Return the guide's line for `authorized_keys`, over a folder of ours; `before` stands before its command."""
    (line,) = (block.text for block in blocks() if "AAAA…" in block.text)
    ours = line.replace("/opt/pumpup/bin/pumpup-tui", f"{before}{BIN / 'pumpup-tui'}").replace("/srv/review", str(data))
    assert ours.count(str(BIN)) == ours.count(str(data)) == 1
    return ours


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def sshd(folder: Path, *, line: str = "") -> Iterator[int]:
    """Run an sshd that knows one key, made for it; give its port.

    With `line` the key stands in `authorized_keys` as it says, in the place of `AAAA…`.
    """
    folder.chmod(0o700)
    for name in ("host", "user"):
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
    public = (folder / "user.pub").read_text()
    known = line.replace("AAAA…", public.split()[1]) if line else public
    (folder / "authorized_keys").write_text(known)
    port = _free_port()
    (folder / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder / 'host'}\nPidFile none\n"
        f"AuthorizedKeysFile {folder / 'authorized_keys'}\nPasswordAuthentication no\n"
        "PermitRootLogin prohibit-password\n"
        "KbdInteractiveAuthentication no\nUsePAM no\nStrictModes no\nAcceptEnv PUMPUP_*\nPrintMotd no\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd will not start as root without it
    log = (folder / "log").open("wb")
    process = subprocess.Popen([str(SSHD), "-D", "-e", "-f", str(folder / "config")], stdout=log, stderr=log)
    try:
        _wait_for(port, process, folder / "log")
        yield port
    finally:
        process.terminate()
        process.wait(10)
        log.close()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + HANG_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        else:
            return


def client(folder: Path, port: int, command: str) -> Sequence[str]:
    """Return the words that run a command over SSH, in a terminal there."""
    options = ("StrictHostKeyChecking=no", f"UserKnownHostsFile={folder / 'known'}", "BatchMode=yes", "LogLevel=ERROR")
    chosen = [word for option in options for word in ("-o", option)]
    who = f"{getpass.getuser()}@127.0.0.1"
    return ["ssh", "-tt", "-F", "none", "-i", str(folder / "user"), "-p", str(port), *chosen, who, command]


@contextmanager
def delayed(port: int, seconds: float) -> Iterator[int]:
    """Relay to `port`, each byte `seconds` later on its way; give the port to call."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", port))
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=_relay, args=(source, target, seconds), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _relay(source: socket.socket, target: socket.socket, seconds: float) -> None:
    """Pass bytes on, each piece as long after it came as the line is long."""
    pieces: list[tuple[float, bytes]] = []
    more = threading.Condition()

    def give() -> None:
        while True:
            with more:
                while not pieces:
                    more.wait()
                due, piece = pieces.pop(0)
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                if piece:
                    target.sendall(piece)
                else:
                    target.close()
            except OSError:
                return
            if not piece:
                return

    threading.Thread(target=give, daemon=True).start()
    piece = b"-"
    while piece:
        try:
            piece = source.recv(65536)
        except OSError:
            piece = b""
        with more:
            pieces.append((time.monotonic() + seconds, piece))
            more.notify()
