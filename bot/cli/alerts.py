"""Floor 4: `rfh-bot policy import-alerts`: the alert → owner table from the product's reference pages."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("import-alerts", short_help="Read saved alert reference pages.")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A policy, or an override of the shipped one: it says which owners are known.",
)
def import_alerts(files: tuple[Path, ...], policy_file: Path | None) -> None:
    """Read saved alert and dashboards reference pages; print `routing.alerts` as YAML.

    Panels' titles are printed when a page has them. Sections without a known owner are listed on standard
    error and left out. Exit code 0: all read, 1: something could not be read.

    \b
    Examples:
      rfh-bot policy import-alerts alert_solutions.md
      rfh-bot policy import-alerts alert_solutions.md dashboards.md > alerts.yml
    """
    import yaml

    from bot.cli.route import policy_of
    from bot.errors import UserError
    from bot.rules.alerts_page import read_alert_page

    owners = policy_of(policy_file).routing.alerts.owners
    page = read_alert_page("\n".join(file.read_text("utf-8", errors="replace") for file in files), owners)
    if not page.alerts and not page.unreadable:
        raise UserError("no section of the form `## service: alert_name` found; is it the reference page?")
    for problem in page.unreadable:
        click.echo(f"rfh-bot: {problem}", err=True)
    found = {"table": page.alerts} | ({"panels": page.panels} if page.panels else {})
    click.echo(yaml.safe_dump({"routing": {"alerts": found}}, sort_keys=False, width=110), nl=False)
    if page.unreadable:
        raise SystemExit(1)
