"""Vectors to tracks: the catalogue, its generations on disk and the search over them."""
