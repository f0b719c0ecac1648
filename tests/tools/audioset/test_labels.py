"""Labels are found by name, by id and by what hangs on them; segments are chosen by them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.types import SoundalikeError
from tests.tools.audioset.making import write_labels
from tools.audioset.labels import MUSIC, labels_below, music_of, read_vocabulary
from tools.vocabulary import LabelError, Vocabulary, choose


@pytest.fixture
def alone(tmp_path: Path) -> Vocabulary:
    return read_vocabulary(write_labels(tmp_path)[0])


@pytest.fixture
def tree(tmp_path: Path) -> Vocabulary:
    return read_vocabulary(*write_labels(tmp_path))


def test_a_label_stands_for_what_lies_below_it_where_that_is_known(
    alone: Vocabulary, tree: Vocabulary
) -> None:
    assert alone.find("Music") == alone.find(" music ") == alone.find(MUSIC) == {0}
    assert tree.find("Music") == tree.find(MUSIC) == {0, 2}
    # A branch that no segment is labelled with itself.
    assert tree.find("Music genre") == tree.find("/t/inner") == {0, 2}
    assert tree.find("Dog, barking") == {1}


def test_a_label_that_is_none_is_named_with_what_may_be_meant(
    alone: Vocabulary, tree: Vocabulary
) -> None:
    with pytest.raises(LabelError, match=r"no label “Musik”.*“Music”"):
        tree.find("Musik")
    with pytest.raises(LabelError, match="--labels lists them all"):
        alone.find("Music genre is not here")


def test_a_title_needs_only_the_narrowest_labels(tree: Vocabulary, alone: Vocabulary) -> None:
    assert tree.names((0, 1, 300)) == ("Music", "Dog, barking")
    assert alone.narrowest((0, 1, 2)) == ("Music", "Dog, barking", "Rock")
    assert tree.narrowest((0, 1, 2, 300)) == ("Dog, barking", "Rock")
    assert tree.narrowest((0,)) == ("Music",)
    assert tree.narrowest(()) == ()


def test_a_choice_wants_all_that_is_asked_for(tree: Vocabulary) -> None:
    def chosen(music_only: bool = False, include: tuple = (), exclude: tuple = ()) -> list[tuple]:
        within = music_of(tree) if music_only else None
        choice = choose(tree, include, exclude, within=within)
        return [labels for labels in ((), (0,), (1,), (1, 2)) if choice.takes(labels)]

    assert chosen() == [(), (0,), (1,), (1, 2)]
    assert chosen(music_only=True) == [(0,), (1, 2)]
    assert chosen(include=("Rock",)) == [(1, 2)]
    assert chosen(include=("Rock", "Music")) == [(0,), (1, 2)]
    assert chosen(exclude=("Dog, barking",)) == [(), (0,)]
    assert chosen(exclude=("Dog, barking", "Music")) == [()]
    assert chosen(music_only=True, include=("/m/1",)) == [(1, 2)]
    assert chosen(music_only=True, include=("/m/1",), exclude=("Rock",)) == []


def test_music_is_not_known_without_the_ontology(alone: Vocabulary) -> None:
    with pytest.raises(LabelError, match="Add --ontology"):
        music_of(alone)


def test_labels_that_are_none_are_a_sentence(tmp_path: Path) -> None:
    labels, ontology = write_labels(tmp_path)
    assert labels_below(MUSIC, labels, ontology) == {0, 2}
    deep, short, long = (tmp_path / name for name in ("deep.json", "short.csv", "long.csv"))
    deep.write_text("[" * 200_000)
    short.write_text("index,mid,display_name\n0,/m/0\n")
    long.write_text("index,mid,display_name\n0,m," + "x" * 200_000)
    unnamed = tmp_path / "unnamed.json"
    unnamed.write_text(json.dumps([{"id": MUSIC, "child_ids": []}]))
    wrong = [
        *((labels, one) for one in (tmp_path / "absent", labels, deep, unnamed, tmp_path)),
        *((one, ontology) for one in (tmp_path / "absent", ontology, short, long, tmp_path)),
    ]
    for pair in wrong:
        with pytest.raises(SoundalikeError, match="are not the labels of AudioSet and their"):
            read_vocabulary(*pair)
    with pytest.raises(SoundalikeError, match=r"short\.csv is not the labels of AudioSet: "):
        read_vocabulary(short)
    with pytest.raises(SoundalikeError, match="no label lies below /m/9"):
        labels_below("/m/9", labels, ontology)
