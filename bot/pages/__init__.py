"""Floor 3: the App's pages for people, behind a sign-in with GitHub. `site.py` lists them."""
