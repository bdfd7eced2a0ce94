"""A record of which only the tree is there, and which shows its witnesses whatever a test says."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence

from api_client.proofs import EventProof
from store.core import merkle
from store.core.signing_key import SigningKey, new_signing_key


def events(*counted: tuple[int, str]) -> tuple[str, ...]:
    """Return hashes of events: so many of each salt, which are others than those of another salt."""
    return tuple(
        hashlib.sha256(f"{salt} {number}".encode()).hexdigest() for count, salt in counted for number in range(count)
    )


class ShownRecord:
    """`Proofs` of what is shown just now, signed with its key, however it fits what was shown before."""

    def __init__(self, shown: tuple[str, ...] = (), key: SigningKey | None = None) -> None:
        self.signing = key or new_signing_key("example.com/claims")
        self.shown = shown
        self.proof: Callable[[list[str]], list[str]] = lambda path: path
        """Changes a proof before it is given."""
        self.note: Callable[[str], str] = lambda note: note
        """The same for a checkpoint."""

    async def checkpoint(self, *, name: str = "") -> str:
        """Return the checkpoint of what is shown."""
        size = len(self.shown)
        return self.note(self.signing.checkpoint(size, merkle.root_of(size, self._node)).written())

    async def key(self) -> str:
        """Return its public key."""
        return self.signing.public.written()

    async def of(self, _seqs: Sequence[int], _size: int) -> Sequence[EventProof]:
        """Prove no event: no witness asks for one."""
        raise NotImplementedError

    async def consistency(self, old: int, size: int) -> Sequence[str]:
        """Return the proof that what is shown begins with its own first events."""
        return self.proof([node.hex() for node in merkle.consistency_proof(old, size, self._node)])

    def _node(self, level: int, place: int) -> bytes:
        if level == 0:
            return merkle.leaf_hash(self.shown[place])
        return merkle.node_hash(self._node(level - 1, 2 * place), self._node(level - 1, 2 * place + 1))


def head_text(size: int, root: bytes, origin: str = "example.com/claims") -> str:
    """Return the text of a checkpoint, as the specification writes it."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
