"""A small synthesiser, NumPy only: the demo's catalogue of plainly synthetic music."""

from tools.synth.files import write_pieces
from tools.synth.kinds import Kind, kinds
from tools.synth.pieces import Piece, catalogue, strangers, synthesise
from tools.synth.sound import RATE

__all__ = [
    "RATE",
    "Kind",
    "Piece",
    "catalogue",
    "kinds",
    "strangers",
    "synthesise",
    "write_pieces",
]
