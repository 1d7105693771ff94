"""The Python that runs a notebook: the one it names, else this one, which has the package."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

#: What the kernel's environment has beside this process's: no word about the debugger in a job's mail.
_ENVIRONMENT = {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}
#: The name that every Python environment gives its own kernel.
NATIVE = "python3"


@contextmanager
def started(named: str | None) -> Iterator[Any]:
    """Yield a manager for a kernel; whatever happens, no kernel is left when the block ends.

    Args:
        named: the kernel that the notebook names. One that is not installed here, and “python3”, which means whatever
            Python is at hand, is this interpreter.
    """
    from jupyter_core.utils import run_sync

    with TemporaryDirectory(prefix="ltix-", ignore_cleanup_errors=True) as folder:
        manager = _kind(named)(kernel_name=named or NATIVE, connection_file=str(Path(folder, "k.json")))
        if os.name == "posix":
            manager.transport = "ipc"  # sockets in a folder of our own: over TCP others on this computer could listen
        try:
            yield manager
        finally:
            if manager.has_kernel:
                run_sync(manager.shutdown_kernel)(now=True)


def _kind(named: str | None) -> Any:
    """Return the class that starts the kernel."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    if named not in (None, NATIVE) and named in KernelSpecManager().find_kernel_specs():
        return AsyncKernelManager

    class OwnKernel(AsyncKernelManager):
        """Starts this interpreter, whatever kernels this computer has of the name “python3”."""

        @property
        def kernel_spec(self) -> KernelSpec:
            command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            return KernelSpec(argv=command, display_name="Python 3", language="python", env=_ENVIRONMENT)

    return OwnKernel
