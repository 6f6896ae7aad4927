"""The conversations of demo tickets: who writes what, and how long they take."""

from dataclasses import dataclass
from typing import Literal

from tickets.domain.ticket import Category

Step = tuple[Literal["answer", "ask", "customer", "note"], str]
"""`ask` answers and then waits for the customer."""


@dataclass(frozen=True)
class Script:
    category: Category
    subject: str
    description: str
    steps: tuple[Step, ...]


SCRIPTS = [
    Script(
        Category.CUSTOMS,
        "Customs asks for the original certificate of origin",
        "The broker in {port} says my {car} cannot be cleared: they want the original certificate "
        "of origin, and the copy in the portal is not accepted. Storage is charged by the day. What can you do?",
        (
            (
                "note",
                "Original went out with the courier on Monday; tracking says held at the depot.",
            ),
            (
                "ask",
                "We have asked the courier to deliver to the broker directly. Could you send us the broker's reference number?",
            ),
            (
                "customer",
                "The reference is on the attached notice: CUS-48821. They close at 16:00 today.",
            ),
            (
                "answer",
                "Thank you. The broker confirmed receipt a moment ago; clearance is under way and we cover today's storage.",
            ),
        ),
    ),
    Script(
        Category.SHIPPING,
        "Vessel left without my car",
        "The tracking still shows my {car} at the origin port, but the vessel sailed last night. "
        "My family moves on the 4th and I need the car there. When does it leave?",
        (
            (
                "answer",
                "I am sorry. Your booking was rolled over because the yard closed early; the next sailing is on Thursday. I am asking for a confirmed slot now.",
            ),
            (
                "note",
                "Carrier confirms slot on Thursday's sailing, container to be gated in by Wednesday noon.",
            ),
            (
                "answer",
                "Confirmed: your car is on Thursday's sailing and arrives in {port} five days later than planned. The difference in freight is refunded.",
            ),
        ),
    ),
    Script(
        Category.SHIPPING,
        "Scratch on the rear door after delivery",
        "My {car} was delivered this morning in {port}. There is a scratch of 20 cm on the rear left door that "
        "is not in the inspection report. I noted it on the delivery receipt.",
        (
            (
                "ask",
                "Thank you for noting it on the receipt. Could you send three photos, one of them with the licence plate?",
            ),
            ("customer", "Photos attached. The workshop estimates 640 euros."),
            (
                "note",
                "Origin photos show the door without damage: ours. Claim opened with the insurer.",
            ),
            (
                "answer",
                "The claim is accepted. You can have it repaired; send us the invoice and it is paid within ten days.",
            ),
        ),
    ),
    Script(
        Category.PAYMENT,
        "Card charged twice for the deposit",
        "I paid the deposit for my {car} once, but my card shows two charges of the same amount.",
        (
            (
                "note",
                "Second authorisation timed out at the gateway and was captured by the retry.",
            ),
            (
                "answer",
                "You are right, the second charge was our mistake. It is refunded; your bank shows it in three to five days.",
            ),
        ),
    ),
    Script(
        Category.BILLING,
        "Invoice is made out to the wrong company",
        "The invoice for the {car} names our old company. Accounting cannot pay it like this. Please issue a new one "
        "with the VAT number that we sent.",
        (
            (
                "ask",
                "Gladly. Please confirm the exact company name and VAT number in one line, so that nothing goes wrong a second time.",
            ),
            ("customer", "Sent by separate mail just now, with the register extract."),
            ("answer", "The corrected invoice is in your portal; the old one is cancelled."),
        ),
    ),
    Script(
        Category.TECHNICAL,
        "Cannot upload the title document in the portal",
        "The portal refuses the scan of the title of my {car}: 'file could not be processed'. It is a PDF of 4 MB.",
        (
            (
                "answer",
                "The portal stumbled over the scan's encryption. You can send it to us here, and we attach it for you.",
            ),
            ("note", "Reported to the portal team with the file."),
        ),
    ),
    Script(
        Category.GENERAL,
        "Can I leave personal items in the car?",
        "We ship our {car} to {port} next month. May we leave child seats and a toolbox in it?",
        (
            (
                "answer",
                "Child seats that are fixed may stay. A toolbox is cargo and has to be declared; we would rather you take it with you.",
            ),
        ),
    ),
    Script(
        Category.CUSTOMS,
        "Import duty is higher than quoted",
        "Customs in {port} want 10 % more duty on the {car} than your quote said. Is that right?",
        (
            ("note", "Quote used the tariff for hybrids; the papers say diesel."),
            (
                "answer",
                "Customs applied the diesel rate because the registration says so. We sent them the manufacturer's letter that it is a hybrid; the corrected notice takes two days.",
            ),
        ),
    ),
]

PORTS = [
    "Bremerhaven",
    "Rotterdam",
    "Tema",
    "Lagos",
    "Yokohama",
    "Valencia",
    "Jeddah",
    "Newark",
    "Santos",
]
