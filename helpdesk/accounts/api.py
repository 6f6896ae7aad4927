"""Users in the JSON API."""

from typing import Any

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from helpdesk.accounts.actors import actor_of, require_ticket_work
from helpdesk.accounts.people import assignable_users
from helpdesk.api.fields import describe
from helpdesk.api.schema import ApiSchema, Items

router = Router(tags=["people"])


describe(
    {
        "userId": ("A user's ID.", "7"),
        "username": ("What they sign in with.", "rosa"),
        "teams": ("The names of their teams.", ["Customs"]),
    }
)


class UserOut(ApiSchema):
    """A user who can be assigned tickets."""

    user_id: str
    username: str
    name: str
    teams: list[str] = Field(description="Team names.", examples=[["Customs"]])


class UserPage(Items[UserOut]):
    pass


@router.get("/users", response=UserPage, by_alias=True, operation_id="listUsers")
def list_users(request: HttpRequest) -> dict[str, Any]:
    """List the users who can be assigned tickets, by name, on one page."""
    require_ticket_work(actor_of(request.user))
    people = assignable_users().prefetch_related("teams")
    return {
        "items": [
            {
                "user_id": str(person.pk),
                "username": person.username,
                "name": person.display_name,
                "teams": [team.name for team in person.teams.all()],
            }
            for person in people
        ],
        "next_cursor": None,
    }
