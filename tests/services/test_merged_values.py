"""What a merge of customers keeps of both: all of it, or the merge is refused and says why."""

import pytest

from customers.services.create import edit_customer
from customers.services.merge import MOST_VALUES
from customers.services.read import get_customer
from helpdesk.errors import Invalid
from tests.services.test_merge_and_erase import finish, merge, twin
from tests.world import NOON
from tickets.models import CustomerJob


def merged_before(desk, count, value="x"):
    """Give the remaining record what earlier merges left, the oldest first."""
    before = {"from": "a", "name": "A", "at": NOON.isoformat(), "by": desk.rep.user_id}
    into = get_customer(desk.customer.customer_id)
    into.merged_values = [
        {**before, "field": "company", "value": f"{number}{value}"} for number in range(count)
    ]
    into.save()
    return into.merged_values


@pytest.mark.parametrize(
    ("count", "value"),
    [(MOST_VALUES - 1, "x"), (12, "é" * 1_500)],
    ids=["too many", "too long"],
)
def test_a_merge_that_would_lose_values_of_earlier_ones_is_refused(desk, count, value):
    other = twin(desk)  # another name and address
    before = merged_before(desk, count, value)

    with pytest.raises(Invalid, match="too many values of earlier merges"):
        merge(desk, other)

    assert get_customer(other.customer_id).merged_into is None
    assert get_customer(desk.customer.customer_id).merged_values == before
    assert not CustomerJob.objects.exists()


def test_what_earlier_merges_left_is_kept_up_to_the_bound(desk):
    other = twin(desk)
    before = merged_before(desk, MOST_VALUES - 2)

    finish(merge(desk, other))

    values = get_customer(desk.customer.customer_id).merged_values
    assert values[:-2] == before
    assert {one["field"] for one in values[-2:]} == {"name", "email"}


def test_a_second_person_is_told_that_the_customers_are_being_merged(desk, rep_client):
    other = twin(desk)
    edit_customer(desk.customer.customer_id, phone="+390255500001", by=desk.rep)
    address = f"/customers/{other.customer_id}/merge/"
    choices = {"into": desk.customer.customer_id, "phone": "goes"}
    assert rep_client.post(address, choices).status_code == 302
    job = CustomerJob.objects.get()

    late = rep_client.post(address, {**choices, "phone": "stays", "name": "goes"}, follow=True)
    assert late.redirect_chain == [(f"/customer-jobs/{job.pk}/", 302)]
    assert "These customers are being merged already." in late.content.decode()
    with pytest.raises(Invalid, match="being merged already"):  # at the same moment
        merge(desk, other)

    finish(job)
    into = get_customer(desk.customer.customer_id)
    assert (into.phone, into.name) == (other.phone, "Giulia Bianchi")
