"""The API as one web application: who may ask, what is refused, and a record of everything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from tests.discord_server import errors
from tests.discord_server.answers import answer
from tests.discord_server.posting import Poster
from tests.discord_server.ratelimits import RateLimits
from tests.discord_server.rest.account import Account
from tests.discord_server.rest.commands import Commands
from tests.discord_server.rest.messages import Messages
from tests.discord_server.rest.responses import Responses
from tests.discord_server.world import Exchange, World

PREFIX = "/api/v10"
TOKENLESS = ("/interactions/", "/webhooks/")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(world: World, poster: Poster, limits: RateLimits) -> web.Application:
    """Build the web application of discord.com."""

    @web.middleware
    async def serve(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await _serve(world, limits, request, handler)

    app = web.Application(middlewares=[serve])
    for area in (Account(world), Commands(world), Messages(world, poster)):
        _add(app, area.routes())
    _add(app, Responses(world, poster).routes())
    return app


def _add(app: web.Application, routes: list[web.RouteDef]) -> None:
    for route in routes:
        app.router.add_route(route.method, PREFIX + route.path, route.handler)


async def _serve(
    world: World, limits: RateLimits, request: web.Request, handler: Handler
) -> web.StreamResponse:
    resource = request.match_info.route.resource
    path = request.path.removeprefix(PREFIX)
    template = resource.canonical.removeprefix(PREFIX) if resource else path
    route = f"{request.method} {template}"
    refusal: errors.ApiError | None = None
    limited = limits.answer(route)
    response: web.StreamResponse
    if limited is not None:
        response = limited
    else:
        try:
            response = await _dispatch(world, request, handler, path)
        except errors.ApiError as error:
            refusal = error
            response = answer(error.payload(), error.status)
    code, said = (refusal.code, refusal.payload()) if refusal else (None, None)
    world.exchanges.append(Exchange(request.method, path, route, response.status, code, said))
    world.changes.ring()
    return response


async def _dispatch(
    world: World, request: web.Request, handler: Handler, path: str
) -> web.StreamResponse:
    known = request.headers.get("Authorization") == f"Bot {world.token}"
    if not known and not path.startswith(TOKENLESS):
        raise errors.unauthorized()
    try:
        return await handler(request)
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
        world.unexpected.append(f"{request.method} {request.path}")
        raise errors.unknown_route() from None
    except (AttributeError, KeyError, TypeError, ValueError) as crash:
        # Either a form that nobody sends or a mistake of the stand-in: both are to be seen.
        world.unexpected.append(f"{request.method} {request.path}: {crash!r}")
        raise errors.bad_request() from crash
