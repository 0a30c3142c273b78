"""Floor 2: GitHub: who we are to it (auth), how it is called (client), what is read (load), written (apply)."""
