"""What a person may name to be heard: folders, lists, data sets, and what they say of each file."""
