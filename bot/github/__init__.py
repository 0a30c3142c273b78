"""Floor 2: GitHub: who we are to it (auth), one careful call (client), reads (load) and writes (apply)."""
