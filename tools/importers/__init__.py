"""Takes in vectors that others have made: data sets that are released without their audio."""
