"""Checks of an installation, each with what was found and what to do about it; `rfh-bot doctor` runs them."""
