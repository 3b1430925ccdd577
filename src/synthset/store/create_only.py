"""Objects that the store itself creates once: of several writers the first wins."""

from __future__ import annotations

import errno
import random
import time
from typing import Any

# Elsewhere fsspec looks and then writes, so that two writers may both win.
PROTOCOLS = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "memory"})
CONFLICT_WAITS_S = (0.1, 0.3, 1, 3)  # half to the whole of each, by chance


def create_object(system: Any, path: str, data: bytes) -> None:
    """Write an object, unless there is one.

    Overload, cut connections and time-outs are the drivers' to mend: those of S3, Google and Azure
    ask again five times or more, later and later. None of them takes up a conflict: two writes of
    one object at the same moment, where S3 asks the writer to come again.

    Args:
        system: fsspec's file system.
        path: as that system names it.
        data: all of it.

    Raises:
        FileExistsError: there is one.
        OSError: the protocol has no such write, and nothing was written; or the store refused.
    """
    protocols = {system.protocol} if isinstance(system.protocol, str) else {*system.protocol}
    if not PROTOCOLS & protocols:
        raise OSError(
            errno.ENOTSUP,
            f"{min(protocols)} can't create a file only where there is none, so two writers could "
            "overwrite each other; choose a local disk, s3, gs or az",
        )
    for wait in (*CONFLICT_WAITS_S, None):
        try:
            system.pipe_file(path, data, mode="create")
            return
        except OSError as fault:
            status = _read_status(fault)
            if status == 412:  # servers other than Amazon's don't say which condition failed
                raise FileExistsError(errno.EEXIST, "is already there") from fault
            if status != 409 or wait is None:
                raise
            time.sleep(wait * random.SystemRandom().uniform(0.5, 1))


def _read_status(fault: OSError) -> int | None:
    """Read the status in HTTP that s3fs has translated into an error of the system."""
    response = getattr(fault.__cause__, "response", None) or {}
    status: int | None = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status
