"""Audio to vectors: decoding, the log-mel front end, embedders and the workers that run them."""
