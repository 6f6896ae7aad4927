"""Erase a customer's email: the original bytes, and everything that names a person."""

from helpdesk.dynamo.transaction import Action, ConditionFailed, Contended, Transaction
from tickets.services.email import raw_messages
from tickets.store import mail as store
from tickets.store.items import Communication
from tickets.store.mail import InboundEmail, MessageTicket


def forget_email(line: Communication) -> None:
    """Erase a message's original, what its record says of people, and its Message-IDs.

    That the message came is remembered, so that it is not processed again. A repeat does no harm.
    Cost: a file, and a write for each id.
    """
    facts = line.email
    if facts.sha256:
        raw_messages.forget(facts.sha256)
    if facts.key:
        _write_if(
            InboundEmail(facts.key),
            [
                InboundEmail.sender.remove(),
                InboundEmail.sender_name.remove(),
                InboundEmail.subject.remove(),
                InboundEmail.envelope_from.remove(),
                InboundEmail.envelope_to.remove(),
            ],
        )
    ids = [*(facts.references or ()), *([facts.message_id] if facts.message_id else ())]
    for message_id in dict.fromkeys(ids):
        try:
            with Transaction() as transaction:
                transaction.delete(
                    MessageTicket(store.message_pk(message_id)),
                    MessageTicket.ticket_id == line.ticket_id,
                )
        except (ConditionFailed, Contended):
            continue  # it leads to another ticket, or is gone


def _write_if(mail: InboundEmail, actions: list[Action]) -> None:
    try:
        with Transaction() as transaction:
            transaction.update(mail, actions, InboundEmail.pk.exists())
    except (ConditionFailed, Contended):
        return
