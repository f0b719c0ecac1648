"""Answering interactions: the callback, the original response and follow-ups."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tests.discord_server import errors, payloads
from tests.discord_server.answers import answer, nothing
from tests.discord_server.checks.commands import check_choices
from tests.discord_server.checks.form import Form
from tests.discord_server.checks.modal import check_modal
from tests.discord_server.content import Flag, Message, MessageKind
from tests.discord_server.interactions import Callback, Interaction, Kind
from tests.discord_server.posting import Poster
from tests.discord_server.rest import body
from tests.discord_server.rest.account import number
from tests.discord_server.world import World

HOOK = "/webhooks/{application_id}/{token}"
FOLLOWUP = HOOK + "/messages/{message_id}"


class Responses:
    """Routes that take no bot token: whoever has the interaction's token may answer."""

    def __init__(self, world: World, poster: Poster) -> None:
        self._world = world
        self._poster = poster

    def routes(self) -> list[web.RouteDef]:
        """List the routes of this area."""
        return [
            web.post("/interactions/{interaction_id}/{token}/callback", self._callback),
            web.post(HOOK, self._follow_up),
            web.get(FOLLOWUP, self._get),
            web.patch(FOLLOWUP, self._edit),
            web.delete(FOLLOWUP, self._delete),
        ]

    async def _callback(self, request: web.Request) -> web.Response:
        world = self._world
        interaction = world.interactions.get(number(request, "interaction_id"))
        if interaction is None:
            raise errors.unknown_interaction()
        sent = await body.read(request)
        callback = self._check(interaction, sent)
        now = world.clock.now()
        interaction.acknowledge(request.match_info["token"], callback, now)
        await self._perform(interaction, callback, sent)
        world.changes.ring()
        if request.query.get("with_response") not in ("1", "true"):
            return nothing()
        return answer(self._resource(interaction, callback))

    def _check(self, interaction: Interaction, sent: body.Body) -> Callback:
        """Refuse a malformed callback; Discord does so before it counts as an acknowledgement."""
        form = Form()
        allowed = tuple(map(int, interaction.allowed_callbacks()))
        form.choice(("type",), sent.form.get("type"), allowed)
        form.raise_if_wrong()
        callback = Callback(sent.form["type"])
        data, within = sent.form.get("data") or {}, ("data",)
        if callback is Callback.MESSAGE:
            self._poster.check_new(interaction.channel, data, sent.files, within)
        elif callback is Callback.UPDATE and interaction.source:
            self._poster.check_edit(interaction.source, data, sent.files, within)
        elif callback is Callback.CHOICES:
            check_choices(data.get("choices"), path=within)
        elif callback is Callback.MODAL:
            check_modal(data, path=within)
        return callback

    async def _perform(self, interaction: Interaction, callback: Callback, sent: body.Body) -> None:
        data = sent.form.get("data") or {}
        if callback is Callback.MESSAGE:
            draft = self._draft(interaction)
            interaction.original = draft
            await self._poster.post(draft, data, sent.files)
        elif callback is Callback.DEFERRED_MESSAGE:
            draft = self._draft(interaction)
            draft.flags = Flag.LOADING | Flag(int(data.get("flags") or 0)) & Flag.EPHEMERAL
            interaction.original = draft
            await self._poster.publish(draft)
        elif callback is Callback.CHOICES:
            interaction.choices = data.get("choices") or []
        elif callback is Callback.MODAL:
            interaction.modal = data
        else:
            interaction.original = interaction.source
            if callback is Callback.UPDATE and interaction.source:
                await self._poster.edit(interaction.source, data, sent.files)

    async def _follow_up(self, request: web.Request) -> web.Response:
        interaction = self._interaction(request)
        sent = await body.read(request)
        original = interaction.original
        if original and original.loading:
            # The first follow-up after a deferral takes the place of "thinking".
            message = await self._poster.edit(original, sent.form, sent.files)
        else:
            if not interaction.followups_left:
                raise errors.too_many_followups()
            draft = self._draft(interaction)
            message = await self._poster.post(draft, sent.form, sent.files)
            interaction.followups.append(message)
        return answer(payloads.message(self._world, message))

    async def _get(self, request: web.Request) -> web.Response:
        message = self._message(request, self._interaction(request))
        return answer(payloads.message(self._world, message))

    async def _edit(self, request: web.Request) -> web.Response:
        message = self._message(request, self._interaction(request))
        sent = await body.read(request)
        await self._poster.edit(message, sent.form, sent.files)
        return answer(payloads.message(self._world, message))

    async def _delete(self, request: web.Request) -> web.Response:
        await self._poster.delete(self._message(request, self._interaction(request)))
        return nothing()

    def _interaction(self, request: web.Request) -> Interaction:
        token = request.match_info["token"]
        for interaction in self._world.interactions.values():
            if interaction.token == token:
                interaction.require_token(self._world.clock.now())
                return interaction
        raise errors.unknown_webhook()

    def _message(self, request: web.Request, interaction: Interaction) -> Message:
        if request.match_info["message_id"] == "@original":
            return interaction.require_original()
        wanted = number(request, "message_id")
        for message in (interaction.original, *interaction.followups):
            if message and message.id == wanted and not message.deleted:
                return message
        raise errors.unknown_message()

    def _draft(self, interaction: Interaction) -> Message:
        world = self._world
        message = Message(world.ids.next(), interaction.channel, world.bot, world.clock.now())
        message.interaction = {
            "id": str(interaction.id),
            "type": int(interaction.kind),
            "user": payloads.user(interaction.user),
            "authorizing_integration_owners": interaction.owners,
        }
        if interaction.kind is Kind.COMMAND:
            of_message = interaction.data["type"] != 1
            kinds = (MessageKind.CHAT_INPUT_COMMAND, MessageKind.CONTEXT_MENU_COMMAND)
            message.kind = kinds[of_message]
        return message

    def _resource(self, interaction: Interaction, callback: Callback) -> dict[str, Any]:
        told: dict[str, Any] = {"id": str(interaction.id), "type": int(interaction.kind)}
        message = interaction.original
        if message is None:
            return {"interaction": told}
        told["response_message_id"] = str(message.id)
        told["response_message_loading"] = message.loading
        told["response_message_ephemeral"] = message.ephemeral
        resource = {"type": int(callback), "message": payloads.message(self._world, message)}
        return {"interaction": told, "resource": resource}
