"""The scheduler of a dask cluster: reached, or a sentence that says why not."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import dask
from distributed import Client
from distributed.client import FutureCancelledError

from models.types import ListenersError, SoundalikeError


def connect(address: str, timeout_s: float, *, largest: int) -> Client:
    """Reach a scheduler.

    Parameters
    ----------
    address : str
        Such as ``tcp://scheduler:8786``.
    timeout_s : float
        Seconds to try for.
    largest : int
        Bytes that one task may bring along.

    Raises
    ------
    ListenersError
        None is there, or that is no address.
    """
    # What it has to say of a scheduler that went away is said here.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    # Files that are sent are as large as they are.
    dask.config.set({"distributed.admin.large-graph-warning-threshold": 2 * largest})
    make = partial(Client, address, timeout=timeout_s, name="soundalike", set_as_default=False)
    try:
        try:
            return make()
        except AssertionError:
            # A greeting that arrives together with other news is asserted away; the next need not.
            return make()
    except ValueError:
        raise ListenersError(
            f"{address} is no address of a scheduler.",
            "Name one such as tcp://scheduler:8786; `dask scheduler` says what it is.",
        ) from None
    except OSError:
        raise ListenersError(
            f"No scheduler answers at {address}.",
            "Start one there with `dask scheduler`, or mend the address.",
        ) from None


@contextmanager
def in_words(address: str) -> Iterator[None]:
    """Say in a sentence why the workers of a cluster cannot listen."""
    try:
        yield
    except SoundalikeError:
        raise
    except TimeoutError:
        raise ListenersError(
            f"The cluster at {address} has no worker.",
            f"Start one on every machine that is to listen: `dask worker {address}`.",
        ) from None
    except (OSError, FutureCancelledError):
        raise away(address) from None
    except Exception as error:  # whatever unpickling raises where parts are missing
        raise ListenersError(
            f"The scheduler at {address}, or a worker, has not what Soundalike needs "
            f"({type(error).__name__}).",
            "Install the same version there, with its `cluster` extra.",
        ) from error


def away(address: str) -> ListenersError:
    """Return what is to be said of a scheduler that was there."""
    return ListenersError(
        f"The scheduler at {address} went away.",
        "Start it again and run the same command: what was done is kept.",
    )
