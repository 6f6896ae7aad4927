"""What the fields of customers and vehicles mean in the API, each name once."""

from helpdesk.api.fields import describe

describe(
    {
        "customerId": ("A customer's ID.", "01JD9ZQ4C1V9W3K2M8T6X5R7PN"),
        "name": ("The name that people read.", "Giulia Bianchi"),
        "email": ("Must be unique.", "giulia@posta.example"),
        "phone": ("With the country code.", "+390255503318"),
        "company": ("The company, if any.", "Bianchi Srl"),
        "segment": ("SLA policies and routing may depend on it.", "Dealer"),
        "externalId": ("The customer's ID in another system. Must be unique.", "CRM-88213"),
        "address": ("The postal address.", "Via Roma 1, 20121 Milano"),
        "language": ("The customer's language.", "it"),
        "timeZone": ("The customer's IANA time zone.", "Europe/Rome"),
        "notes": ("Internal. Never shown to the customer.", "Calls on Mondays"),
        "vin": ("The VIN, or an older chassis number. Must be unique.", "1HGCM82633A004352"),
        "make": ("Who made the vehicle.", "Honda"),
        "model": ("The model.", "Accord"),
        "year": ("The model year, where it is known.", 2021),
        "shipmentStatus": ("Where the shipment is.", "In Transit"),
        "booking": ("A booking or container number.", "MSCU1234567"),
        "vessel": ("The ship.", "MSC Anna"),
        "eta": ("The day on which it is expected to arrive.", "2026-12-04"),
        "trackingUrl": ("Where the carrier shows it. http or https.", "https://t.example/MSCU1"),
    }
)
