"""Floor 3: setting up: registers the App, from a page that is there only until it is."""
