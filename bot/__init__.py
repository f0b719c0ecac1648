"""The conversation: the façade that answers a clip, and the Discord bot around it."""
