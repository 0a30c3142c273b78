"""The whole API as one function: `Api.handle(Request) -> Reply`. Who calls, limits, faults, handler, log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.sandbox import rest_issues, rest_repos
from bot.sandbox.access import Access, Caller
from bot.sandbox.faults import Fault, Faults
from bot.sandbox.graphql_api import Operation, read_operation, run_operation
from bot.sandbox.http import ApiError, Reply, Request, conditional
from bot.sandbox.limits import Exceeded, Limits, secondary
from bot.sandbox.resolvers import Context
from bot.sandbox.rest import Bases, Call, Rest, Route
from bot.sandbox.state import State
from bot.sandbox.views import Views
from bot.sandbox.world import World

HANG = 10.0  # seconds; GitHub ends a request after ten
_MINT = "/app/installations/{installation_id}/access_tokens"


class Dropped(ConnectionResetError):
    """The connection broke: the caller learns nothing of what was done."""


@dataclass(frozen=True, slots=True)
class Logged:
    """One API request as it was answered. `status` 0: not answered."""

    method: str
    template: str  # the route's path, or /graphql
    status: int
    caller: str
    operation: str = ""  # GraphQL operation name
    mutations: tuple[str, ...] = ()
    fault: Fault | None = None
    permissions: Mapping[str, str] = field(default_factory=dict)  # of an installation's token
    reaches: int | None = None  # how many repositories that token reaches; None: all of the installation

    @property
    def is_write(self) -> bool:
        """Did it ask to change something? Minting a token does not count."""
        if self.template == "/graphql":
            return bool(self.mutations)
        return self.method != "GET" and self.template != _MINT


@dataclass(slots=True)
class CallLog:
    """Every request since the start or the last `clear`; those before it are `cleared`."""

    calls: list[Logged] = field(default_factory=list)
    cleared: list[Logged] = field(default_factory=list)

    @property
    def writes(self) -> list[Logged]:
        return [call for call in self.calls if call.is_write]

    @property
    def reads(self) -> list[Logged]:
        return [call for call in self.calls if not call.is_write and call.template != _MINT]

    @property
    def mutations(self) -> list[str]:
        """The mutations of all requests, in order."""
        return [name for call in self.calls for name in call.mutations]

    def clear(self) -> None:
        self.cleared += self.calls
        self.calls.clear()


@dataclass(slots=True)
class Api:
    world: World
    access: Access
    limits: Limits
    faults: Faults
    bases: Callable[[], Bases]
    app_routes: tuple[Route, ...]
    log: CallLog = field(default_factory=CallLog)
    rest: Rest = field(init=False)

    def __post_init__(self) -> None:
        # The App's routes come first: /repos/{owner}/{repo}/installation asks for a JWT, not for a role.
        self.rest = Rest((*self.app_routes, *rest_issues.ROUTES, *rest_repos.ROUTES))

    async def handle(self, request: Request) -> Reply:
        """Answer one request; raises Dropped when the connection is to break instead."""
        self.limits.in_flight += 1
        try:
            # Let requests that arrive together be in flight together, as they are at GitHub.
            await asyncio.sleep(0)
            return await (self._graphql(request) if request.path == "/graphql" else self._rest(request))
        finally:
            self.limits.in_flight -= 1

    async def _rest(self, request: Request) -> Reply:
        caller, template, fault = Caller("anonymous"), request.path, None
        try:
            caller = self.access.caller(request)
            route, params = self.rest.find(request)
            template, read = route.path, request.method == "GET"
            free = template in {"/rate_limit", _MINT} or route.as_app
            if not free:
                self.limits.charge(caller.name, "core", content=route.content)
            fault = (
                None
                if route.as_app
                else self.faults.for_request(f"{request.method} {template}", (), graphql=False)
            )
            await self._fail_before(fault)
            call = Call(
                request, route, params, caller, self.world, self._seen(read=read), self.access, self.bases()
            )
            reply = conditional(request, self.rest.run(call))
            self._fail_after(fault)
            if reply.status == 304 and not free:
                self.limits.refund(caller.name, "core")
        except ApiError as error:
            reply = error.reply()
        except Dropped:
            self._log(caller, request.method, template, 0, fault=fault)
            raise
        self._log(caller, request.method, template, reply.status, fault=fault)
        return Reply(reply.status, reply.data, {**self.limits.headers(caller.name, "core"), **reply.headers})

    async def _graphql(self, request: Request) -> Reply:
        caller, fault, operation = Caller("anonymous"), None, Operation("", {})
        try:
            caller = self.access.caller(request)
            if caller.kind in {"anonymous", "app"}:
                raise ApiError(401, "This endpoint requires you to be authenticated.")
            operation = read_operation(request)
            self.limits.charge(caller.name, "graphql", content=operation.is_mutation)
            fault = self.faults.for_request("POST /graphql", operation.mutations, graphql=True)
            await self._fail_before(fault)
            if fault == "graphql-200":
                reply = Reply(200, {"data": None, "errors": [{"message": _SOMETHING_WRONG}]})
            else:
                state = self._seen(read=not operation.is_mutation)
                bases = self.bases()
                views = Views(state, bases.api, bases.html)
                reply = run_operation(operation, Context(caller, self.world, state, views, self.limits))
            self._fail_after(fault)
        except Exceeded as error:
            reply = Reply(200, {"errors": [{"type": "RATE_LIMITED", "message": error.message}]})
        except ApiError as error:
            reply = error.reply()
        except Dropped:
            self._log_graphql(operation, 0, caller, fault)
            raise
        self._log_graphql(operation, reply.status, caller, fault)
        return Reply(
            reply.status, reply.data, {**self.limits.headers(caller.name, "graphql"), **reply.headers}
        )

    def _log_graphql(self, operation: Operation, status: int, caller: Caller, fault: Fault | None) -> None:
        self._log(caller, "POST", "/graphql", status, operation.name, operation.mutations, fault=fault)

    def _log(
        self,
        caller: Caller,
        method: str,
        template: str,
        status: int,
        operation: str = "",
        mutations: tuple[str, ...] = (),
        *,
        fault: Fault | None,
    ) -> None:
        reaches = None if caller.repo_ids is None else len(caller.repo_ids)
        self.log.calls.append(
            Logged(
                method,
                template,
                status,
                caller.name,
                operation,
                mutations,
                fault,
                caller.permissions,
                reaches,
            )
        )

    def _seen(self, *, read: bool) -> State:
        """The state a request sees: a read's may be of a little while ago."""
        lag = self.faults.lag_now() if read else 0.0
        return self.world.as_of(self.world.clock() - timedelta(seconds=lag)) if lag else self.world.state

    async def _fail_before(self, fault: Fault | None) -> None:
        if fault == "before":
            raise ApiError(502, "Server Error")
        if fault == "secondary":
            raise secondary()
        if fault == "reset":
            raise Dropped
        if fault == "timeout":
            await asyncio.sleep(HANG)
            raise ApiError(504, "We couldn't respond to your request in time.")

    def _fail_after(self, fault: Fault | None) -> None:
        if fault == "after":
            raise ApiError(502, "Server Error")
        if fault == "reset-after":
            raise Dropped


_SOMETHING_WRONG = (
    "Something went wrong while executing your query. This may be the result of a timeout, or it could be a"
    " GitHub bug."
)
