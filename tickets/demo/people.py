"""The demo's customers and vehicles. Names are invented; VINs pass the check digit."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from customers.domain.choices import Segment, ShipmentStatus


@dataclass(frozen=True)
class Car:
    make: str
    model: str
    year: int
    vin_prefix: str  # manufacturer and model, as far as the check digit (8 characters)
    shipment: ShipmentStatus


@dataclass(frozen=True)
class Person:
    name: str
    email: str
    phone: str
    segment: Segment
    company: str | None = None
    cars: list[Car] = field(default_factory=list)


_CARS = [
    ("Toyota", "Land Cruiser", "JTMHX05J"),
    ("Mercedes-Benz", "Sprinter 316", "WDB90663"),
    ("Volkswagen", "Golf", "WVWZZZ1K"),
    ("Ford", "F-150 Lariat", "1FTEW1E5"),
    ("Tesla", "Model Y", "5YJYGDEE"),
    ("Honda", "CR-V", "5J6RM4H5"),
    ("BMW", "320d Touring", "WBA8K310"),
    ("Volvo", "XC90", "YV4A22PK"),
    ("Nissan", "Leaf", "1N4AZ1CP"),
    ("Hyundai", "Tucson", "KM8J3CA4"),
    ("Renault", "Trafic", "VF1FL000"),
    ("Subaru", "Outback", "4S4BSANC"),
]

_PEOPLE = [
    (
        "Anneliese Hofmann",
        "anneliese.hofmann@mailbox.example",
        "+49 30 5550 1842",
        Segment.INDIVIDUAL,
        None,
    ),
    (
        "Mateo Fernández Ortega",
        "mateo.fernandez@correo.example",
        "+34 91 555 27 63",
        Segment.INDIVIDUAL,
        None,
    ),
    ("Priya Raghunathan", "priya@raghunathan.example", "+91 44 5550 9921", Segment.VIP, None),
    (
        "Olumide Adeyemi",
        "o.adeyemi@lagosmotors.example",
        "+234 803 555 0417",
        Segment.DEALER,
        "Lagos Prime Motors",
    ),
    (
        "Giulia Bianchi",
        "giulia.bianchi@posta.example",
        "+39 02 5550 3318",
        Segment.INDIVIDUAL,
        None,
    ),
    (
        "Nordhavn Fleet A/S",
        "fleet@nordhavn.example",
        "+45 55 50 12 80",
        Segment.CORPORATE,
        "Nordhavn Fleet A/S",
    ),
    (
        "Kwame Boateng",
        "kwame.boateng@temaautos.example",
        "+233 30 555 8842",
        Segment.DEALER,
        "Tema Autos Ltd",
    ),
    (
        "Sakura Tanaka",
        "s.tanaka@yokohama-export.example",
        "+81 45 555 7210",
        Segment.CORPORATE,
        "Yokohama Export K.K.",
    ),
    ("Liam O'Sullivan", "liam.osullivan@post.example", "+353 1 555 0934", Segment.INDIVIDUAL, None),
    ("Fatima Al-Harbi", "fatima@alharbi.example", "+966 11 555 2206", Segment.VIP, None),
    (
        "João Pedro Carvalho",
        "jp.carvalho@correio.example",
        "+351 21 555 4471",
        Segment.INDIVIDUAL,
        None,
    ),
    ("Emily Carter", "emily.carter@inbox.example", "+1 617 555 0148", Segment.INDIVIDUAL, None),
    (
        "Szymon Wiśniewski",
        "szymon@wisniewski-auto.example",
        "+48 22 555 6103",
        Segment.DEALER,
        "Wiśniewski Auto",
    ),
    (
        "Hannah van der Berg",
        "hannah@vanderberg.example",
        "+31 10 555 3397",
        Segment.INDIVIDUAL,
        None,
    ),
    (
        "Pacific Relocations Inc.",
        "ops@pacificrelo.example",
        "+1 310 555 0172",
        Segment.CORPORATE,
        "Pacific Relocations Inc.",
    ),
    (
        "Chloé Lefèvre",
        "chloe.lefevre@courriel.example",
        "+33 1 55 50 82 14",
        Segment.INDIVIDUAL,
        None,
    ),
    # A name that is written from right to left, and one that is longer than the room for it.
    (
        "محمد بن عبد الله الراشد",
        "m.alrashed@alrashed-motors.example",
        "+971 4 555 7719",
        Segment.DEALER,
        "الراشد للسيارات",
    ),
    (
        "Wilhelmina Alexandra van Oldenbarnevelt-Schwarzenfels",
        "w.oldenbarnevelt@ueberseelogistik-bremerhaven.example",
        "+49 471 5550 2960",
        Segment.CORPORATE,
        "Vereinigte Überseespeditions- und Fahrzeuglogistikgesellschaft Bremerhaven mbH",
    ),
]


def people(chance: random.Random, count: int) -> Iterator[Person]:
    """Return the demo's people, and as many more as are needed; each with one to three vehicles."""
    shipments = list(ShipmentStatus)
    for name, email, phone, segment, company in (*_PEOPLE, *_more(chance, count - len(_PEOPLE))):
        cars = [
            Car(make, model, chance.randint(2012, 2026), prefix, chance.choice(shipments))
            for make, model, prefix in chance.sample(_CARS, chance.randint(1, 3))
        ]
        yield Person(name, email, phone, segment, company, cars)


def _more(chance: random.Random, count: int) -> Iterator[tuple[str, str, str, Segment, str | None]]:
    """Yield people with combined names, and a number of their own."""
    private = [person for person in _PEOPLE if person[4] is None]
    for serial in range(count):
        one, other = chance.choice(private), chance.choice(private)
        name = f"{one[0].split()[0]} {' '.join(other[0].split()[1:])}"
        phone = f"{other[2][:-2]}{chance.randrange(100):02d}"
        segment = chance.choice([Segment.INDIVIDUAL] * 8 + [Segment.DEALER, Segment.VIP])
        yield name, f"customer{serial}@mailbox.example", phone, segment, None


_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VALUES = dict(
    zip(
        "0123456789ABCDEFGHJKLMNPRSTUVWXYZ",
        [*range(10), *range(1, 9), 1, 2, 3, 4, 5, 7, 9, *range(2, 10)],
        strict=True,
    )
)
_YEARS = "ABCDEFGHJKLMNPRSTVWXY123456789"


def vin(car: Car, serial: int) -> str:
    """Return a VIN of 17 characters with a valid check digit (ISO 3779, as in North America)."""
    year = _YEARS[(car.year - 1980) % len(_YEARS)]
    bare = f"{car.vin_prefix}0{year}A{serial:06d}"
    rest = sum(weight * _VALUES[letter] for weight, letter in zip(_WEIGHTS, bare, strict=True)) % 11
    return f"{bare[:8]}{'X' if rest == 10 else rest}{bare[9:]}"
