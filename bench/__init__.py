"""`make bench`: how fast the product is, as ratios to a framework floor and to raw SQL on the same machine in the same run."""
