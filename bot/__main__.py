"""Floor 4: the command line. Each command is loaded when it is used, so that `--help` is quick."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping

import click

from bot import __version__
from bot.errors import UserError

# command → where it lives and what it does; `--help` reads this table and loads nothing
COMMANDS: Mapping[str, tuple[str, str]] = {
    "serve": ("bot.cli.serve", "Run the App against GitHub."),
    "demo": ("bot.cli.demo", "See it work: a sandbox GitHub and the App on this machine."),
    "sandbox": ("bot.cli.sandbox", "Run the sandbox GitHub alone."),
    "reconcile": ("bot.cli.reconcile", "Bring one issue to what is desired; --dry-run prints the plan."),
    "sweep": ("bot.cli.sweep", "Look at all open issues with few calls; run those that need something."),
    "explain": ("bot.cli.explain", "Say what the bot knows of an issue, and why nothing happened."),
    "pause": ("bot.cli.pause", "Stop all writing, everywhere or in one repository."),
    "resume": ("bot.cli.pause", "End a pause."),
    "queue": ("bot.cli.queue", "List what is due, running or dead; retry or drop it."),
    "replay": ("bot.cli.replay", "Send a saved webhook payload to the App."),
    "doctor": ("bot.cli.doctor", "Check settings, App, repositories, policy, database; say what to do."),
    "labels": ("bot.cli.labels", "Create the labels that the policy names."),
    "init": ("bot.cli.init", "Write policy, issue templates and workflows into a checkout."),
    "db": ("bot.cli.db", "Copy the database, from SQLite to Postgres for instance."),
    "check": ("bot.cli.check", "Check issues against the template."),
    "route": ("bot.cli.route", "Route issues by their text."),
    "backtest": ("bot.cli.backtest", "Measure the router on labelled issues."),
    "report": (
        "bot.cli.report",
        "Measure a period: needs of support, answers of engineering; md, html, csv, json.",
    ),
    "policy": ("bot.cli.policy", "Check, import and tune a policy."),
    "scan": ("bot.cli.scan", "Scan text for private data."),
    "vocabulary": ("bot.cli.vocabulary", "Build the list of words that public text uses, for `scan`."),
    "action": ("bot.cli.action", "What the GitHub Action runs."),
}
FOR_MACHINES = frozenset({"action"})  # described where they are used, not in --help


class Lazy(click.Group):
    """A group whose commands are imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            shown = [(name, summary) for name, (_, summary) in COMMANDS.items() if name not in FOR_MACHINES]
            formatter.write_dl(shown)


@click.group(
    cls=Lazy,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with `rfh-bot demo`. Every command has --help with examples.",
)
@click.version_option(__version__, prog_name="rfh-bot")
def cli() -> None:
    """Hands customer issues from support to engineering on GitHub."""


def main() -> None:
    """Console script. Exit codes: 0 done, 1 not as wished, 2 wrong use, 130 interrupted."""
    try:
        code = cli.main(prog_name="rfh-bot", standalone_mode=False)
    except click.exceptions.Abort:
        code = 130
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except UserError as error:
        click.echo(f"rfh-bot: {error}", err=True)
        code = 2
    except BrokenPipeError:
        sys.stderr.close()
        code = 1
    sys.exit(code)


if __name__ == "__main__":
    main()
