"""The presence follows the catalogue."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from bot.live import LiveIndex
from bot.presence import following
from bot.service import Soundalike
from index.opened import open_index
from index.upkeep import remove_tracks
from models.fetch import GuardedFetcher
from tests.bot.fakes import MakeBot
from tests.bot.sounds import MelEar, build_index
from tests.discord_server.driver import Discord


async def test_it_shows_the_catalogues_size_also_when_that_changed(
    discord_server: Discord, make_bot: MakeBot, tmp_path: Path
) -> None:
    def name() -> str:
        session = discord_server.gateway.session
        presence = session.presence if session else {}
        # discord.py says it in the older way when it logs in.
        activity = presence.get("game") or presence.get("activities", [{}])[0]
        return activity.get("name", "")

    place = tmp_path / "index"
    build_index(place)
    with LiveIndex(partial(open_index, place), every=0) as index:
        bot = make_bot(index=index)
        async with discord_server.running(bot):
            assert name() == "12 tracks"
            with Soundalike(MelEar(), index, GuardedFetcher()) as service:
                async with following(bot, service, every=0.05):
                    with open_index(place) as old:
                        gone = old.complete("")[0]
                    remove_tracks(place, [gone.id], [])
                    await discord_server.until(lambda: name() == "11 tracks", 10)
            await discord_server.invalidate_session()
            await discord_server.connected()
            await discord_server.until(lambda: name() == "11 tracks", 10)
    assert discord_server.rejections == []
