"""Floor 1: the rules, one file each. Pure: what is read goes in, what holds and why comes out."""
