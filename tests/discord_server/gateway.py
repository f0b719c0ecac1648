"""The gateway: sessions, their events, and a websocket that may drop at any time."""

from __future__ import annotations

import contextlib
import json
import secrets
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.discord_server import payloads
from tests.discord_server.privacy import KNOWN_BITS, PRIVILEGED, Intent
from tests.discord_server.tls import RESUME_GATEWAY
from tests.discord_server.world import World

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, RESUME = 0, 1, 2, 3, 6
RECONNECT, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 7, 9, 10, 11
# Close codes by which a client ends its session; after any other it may resume.
GOODBYES = (1000, 1001)

Write = Callable[[int], dict[str, Any]]


class Connection:
    """One websocket; compresses if the client asked for it."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self._socket = socket
        self._request = request
        # A client that asks for a compression not known here gets plain text, which all read.
        wants = request.query.get("compress")
        self._zlib = zlib.compressobj() if wants == "zlib-stream" else None

    async def send(self, op: int, data: Any, *, seq: int | None = None, event: str = "") -> None:
        """Send one payload."""
        text = json.dumps({"op": op, "d": data, "s": seq, "t": event or None})
        with contextlib.suppress(ConnectionError):
            if self._zlib is None:
                await self._socket.send_str(text)
            else:
                packed = self._zlib.compress(text.encode())
                await self._socket.send_bytes(packed + self._zlib.flush(zlib.Z_SYNC_FLUSH))

    async def close(self, code: int) -> None:
        """Close with a gateway close code."""
        await self._socket.close(code=code)

    def cut(self) -> None:
        """Lose the connection without a word."""
        if self._request.transport:
            self._request.transport.abort()


@dataclass(eq=False)
class Session:
    """What a client identified as, and every event it was due since."""

    id: str
    intents: int
    connection: Connection | None
    events: list[tuple[str, Any]] = field(default_factory=list)
    resumes: int = 0
    presence: dict[str, Any] = field(default_factory=dict)

    async def dispatch(self, event: str, data: Any) -> None:
        """Send an event, or keep it for a resume."""
        self.events.append((event, data))
        if self.connection:
            seq = len(self.events)
            await self.connection.send(DISPATCH, data, seq=seq, event=event)


class Gateway:
    """The event side of one loopback Discord."""

    def __init__(self, world: World, heartbeat_interval: float = 41.25) -> None:
        self._world = world
        self._interval_ms = int(heartbeat_interval * 1000)
        self.sessions: dict[str, Session] = {}
        self.connections: set[Connection] = set()
        self.identifies = 0

    @property
    def session(self) -> Session | None:
        """The connected session, if any."""
        for session in self.sessions.values():
            if session.connection:
                return session
        return None

    async def tell(self, event: str, write: Write, *, needs: Intent | None = None) -> None:
        """Send an event to every session whose intents cover it."""
        for session in list(self.sessions.values()):
            if needs is None or session.intents & needs:
                await session.dispatch(event, write(session.intents))

    def drop(self) -> None:
        """Cut every connection, as a broken network does; sessions can be resumed."""
        for connection in list(self.connections):
            connection.cut()
            self._forget(connection)

    async def ask_reconnect(self) -> None:
        """Tell every client to reconnect and resume (opcode 7)."""
        for connection in list(self.connections):
            await connection.send(RECONNECT, None)

    async def invalidate(self, *, resumable: bool = False) -> None:
        """Tell every client that its session is invalid (opcode 9)."""
        for session in list(self.sessions.values()):
            if session.connection:
                await session.connection.send(INVALID_SESSION, resumable)
            if not resumable:
                del self.sessions[session.id]

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Answer one websocket until it closes."""
        socket = web.WebSocketResponse(timeout=1.0)
        await socket.prepare(request)
        connection = Connection(socket, request)
        self.connections.add(connection)
        try:
            await connection.send(HELLO, {"heartbeat_interval": self._interval_ms})
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    await self._receive(connection, frame.data)
        finally:
            self._forget(connection, ended=socket.close_code in GOODBYES)
        return socket

    def _forget(self, connection: Connection, *, ended: bool = False) -> None:
        self.connections.discard(connection)
        for session in list(self.sessions.values()):
            if session.connection is connection:
                session.connection = None
                if ended:
                    del self.sessions[session.id]
        self._world.changes.ring()

    async def _receive(self, connection: Connection, text: str) -> None:
        try:
            payload = json.loads(text)
            op, data = payload["op"], payload.get("d")
        except (ValueError, TypeError, KeyError):
            await connection.close(4002)
            return
        known = any(session.connection is connection for session in self.sessions.values())
        if op == HEARTBEAT:
            await connection.send(HEARTBEAT_ACK, None)
        elif op == IDENTIFY:
            await (connection.close(4005) if known else self._identify(connection, data))
        elif op == RESUME:
            await (connection.close(4005) if known else self._resume(connection, data))
        elif not known:
            await connection.close(4003)
        elif op == PRESENCE:
            self._show(connection, data)
        else:
            self._world.unexpected.append(f"gateway opcode {op}")
            await connection.close(4001)

    async def _identify(self, connection: Connection, data: dict[str, Any]) -> None:
        world = self._world
        intents = data.get("intents")
        if data.get("token") != world.token:
            await connection.close(4004)
        elif not isinstance(intents, int) or intents & ~KNOWN_BITS:
            await connection.close(4013)
        elif intents & PRIVILEGED & ~world.granted_intents:
            await connection.close(4014)
        elif data.get("shard", [0, 1]) != [0, 1]:
            await connection.close(4010)
        else:
            self.identifies += 1
            session = Session(secrets.token_hex(16), intents, connection)
            session.presence = data.get("presence") or {}
            self.sessions[session.id] = session
            await session.dispatch("READY", self._ready(session))
            for guild in world.guilds.values():
                if guild.has_bot and intents & Intent.GUILDS:
                    await session.dispatch("GUILD_CREATE", payloads.guild(world, guild))
            world.changes.ring()

    def _show(self, connection: Connection, presence: dict[str, Any]) -> None:
        for session in self.sessions.values():
            if session.connection is connection:
                session.presence = presence
        self._world.changes.ring()

    async def _resume(self, connection: Connection, data: dict[str, Any]) -> None:
        session = self.sessions.get(data.get("session_id", ""))
        seq = data.get("seq")
        if data.get("token") != self._world.token:
            await connection.close(4004)
        elif session is None or not isinstance(seq, int) or seq > len(session.events):
            await connection.send(INVALID_SESSION, False)
        else:
            for number, (event, body) in enumerate(session.events[seq:], start=seq + 1):
                await connection.send(DISPATCH, body, seq=number, event=event)
            session.connection = connection
            session.resumes += 1
            await session.dispatch("RESUMED", {})
            self._world.changes.ring()

    def _ready(self, session: Session) -> dict[str, Any]:
        world = self._world
        joined = [guild for guild in world.guilds.values() if guild.has_bot]
        return {
            "v": 10,
            "user": payloads.user(world.bot) | {"verified": True, "mfa_enabled": False, "flags": 0},
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in joined],
            "session_id": session.id,
            "resume_gateway_url": f"wss://{RESUME_GATEWAY}",
            "shard": [0, 1],
            "application": {"id": str(world.application_id), "flags": 0},
            "private_channels": [],
        }
