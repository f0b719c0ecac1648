"""Where a store is, and what to call it where people read: its password is in neither."""

from __future__ import annotations

from dataclasses import dataclass, field

import psycopg
from psycopg.conninfo import conninfo_to_dict

from models.types import SettingsError

_SECRET = ("password", "sslpassword")
_FIX = "Write it as postgresql://USER:PASSWORD@HOST:PORT/DATABASE."


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """The address of a store.

    Attributes
    ----------
    name : str
        What to call it: the address without what is secret.
    secrets : tuple of str
        What no sentence may repeat; never part of the `repr`, as the address itself is not.
    conninfo : str
        The address as it is dialled.
    """

    name: str
    secrets: tuple[str, ...] = field(repr=False)
    conninfo: str = field(repr=False)

    def without_secrets(self, text: str) -> str:
        """Return a text with everything secret taken out of it."""
        for secret in self.secrets:
            text = text.replace(secret, "…")
        return text


def read_address(text: str) -> StoreAddress:
    """Read the address of a store; SettingsError where it is none, which does not repeat it."""
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(text).items() if value}
    except (psycopg.Error, UnicodeError):
        # What libpq says of it may hold the password.
        raise SettingsError(
            "The address of the store is none that PostgreSQL reads.", _FIX
        ) from None
    user = f"{parts['user']}@" if "user" in parts else ""
    port = f":{parts['port']}" if "port" in parts else ""
    name = f"postgresql://{user}{parts.get('host', 'localhost')}{port}/{parts.get('dbname', '')}"
    secrets = tuple(parts[name] for name in _SECRET if name in parts)
    return StoreAddress(name, secrets, text)
