"""Ids as the API describes them."""

from typing import Annotated

from pydantic import Field

TicketId = Annotated[str, Field(description="The ticket's number.", examples=["4711"])]
UserId = Annotated[str, Field(description="A user's ID; see /api/users.", examples=["7"])]
CustomerId = Annotated[str, Field(examples=["01JD9ZQ4C1V9W3K2M8T6X5R7PN"])]
VehicleId = Annotated[str, Field(examples=["01JD9ZQ4C2E5H8K1N4Q7T0W3Z6"])]
