"""rfh-bot: hands a customer issue from support to engineering on GitHub."""

__version__ = "0.1.0"
