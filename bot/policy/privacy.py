"""Floor 0: the privacy part of the policy: what the scanner must know about this company and its
customers.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.policy.base import Strict
from bot.policy.watch import Watch

Host = Annotated[
    str, Field(pattern=r"^[a-z0-9*][a-z0-9.*-]*$", description="lower case; a leading *. covers sub-domains")
]


class Privacy(Strict):
    """Lists add to what the scanner knows by itself (documentation addresses, loopback, reserved domains)."""

    public_hosts: tuple[Host, ...] = Field((), description="links there pass in a public issue")
    internal_hosts: tuple[Host, ...] = Field(
        (), description="tools only we can open: links there never leave"
    )
    public_paths: tuple[str, ...] = Field((), description="links that pass by prefix, without the scheme")
    managed_domains: tuple[Host, ...] = Field((), description="NAME.domain is a customer's managed instance")
    public_mail: tuple[str, ...] = Field((), description="addresses that may be public: whole, or @domain")
    public_words: tuple[str, ...] = Field((), description="product words the public vocabulary does not know")
    ordinary_names: tuple[str, ...] = Field(
        (), description="customer slugs that are ordinary words: they count only beside a cue"
    )
    ignore_customers: tuple[str, ...] = Field(
        (), description="customer slugs that are no customers (tests, us)"
    )
    watch: Watch = Field(Watch(), description="the public tracker: what counts as a leak, and who is told")
