"""The statements that store a content in pieces, and remove one: of uploads that come in, and of those of an import."""

from __future__ import annotations

BEGIN_BLOB = b"insert into pumpup.blob (ws, touched_at) values (%(ws)s, %(now)s) returning id"
ADD_PIECE = b"insert into pumpup.blob_piece (ws, blob, no, bytes) values (%(ws)s, %(blob)s, %(no)s, %(bytes)s)"
END_BLOB = b"""
    update pumpup.blob set sha256 = %(sha256)s, size = %(size)s, touched_at = %(now)s
    where ws = %(ws)s and id = %(blob)s
"""
DROP_PIECES = b"delete from pumpup.blob_piece where ws = %(ws)s and blob = %(blob)s"
DROP_BLOB = b"delete from pumpup.blob where ws = %(ws)s and id = %(blob)s"
