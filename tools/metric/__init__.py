"""Learns what makes sounds of one genre alike: a small network over VGGish's windows."""
