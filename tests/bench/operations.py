"""What is asked of a desk, and measured: the operations of the table of aims and some more."""

from typing import Any

from tests.bench.clients import Request, as_json, bearer, cost, measured, signed_in
from tests.bench.production import BEHIND_A_PROXY, ProductionDesk

TICKET = "1000000"  # has five communications
PAGES = {
    "my work": ("rep", "/"),
    "all active": ("rep", "/tickets/?view=active"),
    "unassigned": ("rep", "/tickets/?view=unassigned"),
    "open and high": ("rep", "/tickets/?view=all&status=Open&priority=High"),
    "search": ("rep", "/tickets/?q=yokohama+status:open"),
    "workload": ("rep", "/team/"),
    "ticket": ("rep", f"/tickets/{TICKET}/"),
    "new ticket": ("rep", "/tickets/new/"),
    "SLA dashboard": ("supervisor", "/sla/"),
    "report of a year": ("supervisor", "/reports/?from=2025-01-01&until=2025-12-31&by=month"),
}
READS = {
    "API: list of 25": "/api/tickets?limit=25",
    "API: open ones, 25": "/api/tickets?status=Open&limit=25",
    "API: ticket": f"/api/tickets/{TICKET}",
}
CLIENTS = 4
A_SECOND = 50
ALONE = 2.0
"""Seconds from one change to the next, if they come singly: the worker has done with one by then."""

People = dict[str, dict[str, str]]
Figures = dict[str, dict[str, Any]]


def program(people: People, username: str = "rep") -> dict[str, str]:
    """The headers of a program that acts as somebody."""
    return {**BEHIND_A_PROXY, **bearer(people["tokens"][username])}


def reads(desk: ProductionDesk, people: People, count: int) -> Figures:
    """Each page, and each question to the API: for one client, then for CLIENTS at once."""
    asked = {
        name: Request("GET", path, signed_in(people["sessions"][who]))
        for name, (who, path) in PAGES.items()
    }
    asked |= {name: Request("GET", path, program(people)) for name, path in READS.items()}
    found: Figures = {}
    for name, request in asked.items():
        together = measured(desk, request, clients=CLIENTS, count=max(count // 2, 20))
        alone: dict[str, Any] = {}
        used = desk.spent(
            lambda request=request, alone=alone: alone.update(
                measured(desk, request, clients=1, count=count, warm_up=0)
            )
        )
        found[name] = {
            **alone,
            "together": together,
            "ms": {part: ms / count for part, ms in used.items()},
            "cost": cost(desk, request),
        }
    return found


def changes(desk: ProductionDesk, people: People, count: int) -> Figures:
    """Creation, message and assignment through the API: CLIENTS at once, singly, and A_SECOND."""
    users = desk.inside("users")
    customer = desk.inside("customer")
    # Each client has tickets of its own: two people rarely write to one ticket at once.
    tickets = [desk.inside("fresh_ticket") for _client in range(CLIENTS)]

    def creation(number: int) -> str:
        return as_json(
            customerId=customer,
            subject=f"Benchmark {number}",
            description="x" * 500,
            category="Shipping",
            priority="Low",
        )

    def message(number: int) -> str:
        return as_json(type="Customer Response", content=f"On its way, {number}.")

    def assignment(number: int) -> str:
        return as_json(assignedTo=users[number % len(users)])

    headers = program(people)
    asked = {
        "API: create": Request("POST", "/api/tickets", headers, creation, (201,)),
        "API: communicate": Request(
            "POST", "/api/tickets/{}/communicate", headers, message, (201,)
        ),
        "API: assign": Request("POST", "/api/tickets/{}/assign", headers, assignment),
    }
    found: Figures = {}
    for name, request in asked.items():
        together = measured(desk, request, clients=CLIENTS, count=max(count, 20), tickets=tickets)
        together["follows_after"] = round(desk.rest(), 1)
        ways = {
            "alone": {"clients": 1, "count": max(count // 5, 10), "pause": ALONE},
            "at_a_rate": {"clients": CLIENTS, "count": count, "pause": CLIENTS / A_SECOND},
        }
        found[name] = {"together": together, "cost": cost(desk, request, tickets[0])}
        desk.rest()
        for way, how in ways.items():
            times: dict[str, Any] = {}
            used = desk.spent(
                lambda request=request, how=how, times=times: times.update(
                    measured(desk, request, tickets=tickets, warm_up=0, **how)
                )
            )
            done = how["clients"] * how["count"]
            found[name][way] = {**times, "ms": {part: ms / done for part, ms in used.items()}}
    return found
