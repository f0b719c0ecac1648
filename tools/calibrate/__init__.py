"""From what a model finds to what people may make of it: matches, and what is one and the same."""
