"""Building on several machines: listeners that are workers of a dask cluster.

`listeners.py` and `scheduler.py` run where the index is built, `worker.py` on the workers. Only
they import `distributed`, of the `cluster` extra, and only where a cluster is asked for.
"""

from __future__ import annotations

from models.runtime import Runtime
from models.tracks import Listeners
from models.types import SettingsError


def hire_cluster(address: str, runtime: Runtime) -> Listeners:
    """Return the workers behind a dask scheduler as listeners.

    Parameters
    ----------
    address : str
        Of the scheduler, such as ``tcp://scheduler:8786``.
    runtime : Runtime
        The model that listens.

    Raises
    ------
    SettingsError
        The `cluster` extra is not installed.
    ListenersError
        No scheduler or no worker is there, or one is not fit to listen.
    """
    try:
        from tools.cluster.listeners import ClusterListeners  # noqa: PLC0415  (needs the extra)
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"Building on a cluster needs the package {error.name}, which is not installed.",
            "Install the `cluster` extra, or `distributed`, here and on every machine.",
        ) from None
    return ClusterListeners(address, runtime)
