"""Conditions on a customer and a vehicle for another app's transaction."""

from customers.store.items import DETAILS, Customer, Vehicle, customer_pk, vehicle_sk
from helpdesk.dynamo.transaction import Transaction

THERE = (
    Customer.pk.exists()
    & Customer.merged_into.does_not_exist()
    & Customer.erased_at.does_not_exist()
)


def check_customer(transaction: Transaction, customer_id: str) -> None:
    """Commit only if the customer exists, neither merged nor erased."""
    transaction.check(Customer, customer_pk(customer_id), DETAILS, THERE)


def check_vehicle(transaction: Transaction, customer_id: str, vehicle_id: str) -> None:
    """Commit only if the vehicle belongs to this customer."""
    transaction.check(
        Vehicle, customer_pk(customer_id), vehicle_sk(vehicle_id), Vehicle.pk.exists()
    )
