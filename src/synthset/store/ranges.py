"""A large object as a file: each read is one request for a range of its bytes."""

from __future__ import annotations

import io

from synthset.store.remote import Remote


class Ranges(io.RawIOBase):
    """An object that doesn't change, for reading at any place."""

    def __init__(self, file: Remote, size: int) -> None:
        self._file = file
        self._size = size
        self._next = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._next

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._next, io.SEEK_END: self._size}[whence]
        self._next = start + offset
        return self._next

    def read(self, size: int = -1) -> bytes:
        end = self._size if size < 0 else min(self._next + size, self._size)
        if end <= self._next:
            return b""
        data = self._file.read_range(self._next, end)
        self._next += len(data)
        return data
