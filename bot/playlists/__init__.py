"""Lists of tracks as files: what people take away, and what they bring along."""
