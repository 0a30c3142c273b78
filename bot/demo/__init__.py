"""The story that `rfh-bot demo` tells: issues made from real ones, and what the bot should do with each."""
