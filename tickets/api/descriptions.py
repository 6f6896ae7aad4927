"""Descriptions of the API's fields of tickets, by name."""

from helpdesk.api.fields import describe

describe(
    {
        "ticketId": ("The ticket's number.", "4711"),
        "vehicleId": ("A vehicle's ID.", "01JD9ZQ4C2E5H8K1N4Q7T0W3Z6"),
        "description": ("What the ticket is about, as it was first written. Markdown.", "Refused."),
        "category": ("What kind of matter it is.", "Customs"),
        "status": ("Where the ticket is in the workflow.", "Open"),
        "type": ("What kind of entry it is.", "Customer Response"),
        "field": ("The ticket's field that changed.", "status"),
        "priority": ("How urgent it is. SLA targets depend on it.", "High"),
        "assignedTo": ("A user's ID, or null for nobody.", "7"),
        "resolvedAt": ("When it was last resolved.", "2026-11-24T12:00:00Z"),
        "closedAt": ("When it was closed. Null before that.", "2026-11-27T12:00:00Z"),
        "slaDeadline": ("The earliest deadline of a running clock.", "2026-11-24T13:30:00Z"),
        "escalationLevel": ("The level, 0 to 3.", 1),
        "tags": ("In lower case, sorted.", ["antwerp", "documents"]),
        "responseDeadline": ("When the first reply is due.", "2026-11-24T13:30:00Z"),
        "resolutionDeadline": ("When the resolution is due.", "2026-11-25T09:30:00Z"),
        "firstRespondedAt": (
            "When the customer got the first reply. Null before that.",
            "2026-11-24T10:05:00Z",
        ),
        "responseBreached": ("Whether the first reply missed its deadline.", False),
        "resolutionBreached": (
            "Whether the resolution missed its deadline, or is overdue now.",
            False,
        ),
        "needsReplySince": (
            "The first thing that the customer said since the last reply, the creation included. "
            "Null while the ticket waits for them, and when it is done.",
            "2026-11-24T10:05:00Z",
        ),
        "lastMessage": (
            "The ID of the last reply, note or message in the conversation, at first of the entry "
            "of the creation.",
            "01JD9ZR1B7E5H8K1N4Q7T0W3Z6",
        ),
        "lastAuthor": ("Who wrote that: a user's ID, `system` or `customer`.", "customer"),
        "waiting": ("Whether the ticket is waiting for the customer.", False),
        "communicationId": ("The entry's ID. Entries sort by it.", "01JD9ZR1B7E5H8K1N4Q7T0W3Z6"),
        "content": ("What was written. Markdown.", "The missing form is attached."),
        "direction": ("`outbound` to the customer, `inbound` from them.", "outbound"),
        "createdBy": ("A user's ID, or `system`.", "7"),
        "attachments": ("The files that came with it.", None),
        "event": ("What a System Update is about.", "changed"),
        "changes": ("The fields that changed.", None),
        "dueAt": ("When the rule's milestone was due.", "2026-11-24T13:30:00Z"),
        "reason": ("Why it was escalated by hand.", "The ship leaves tonight"),
        "before": ("The value before the change. Null: none.", "Open"),
        "after": ("The value after the change. Null: none.", "In Progress"),
        "size": ("Bytes.", 48_213),
        "communications": ("The conversation.", None),
        "communicationsCursor": ("Where the conversation goes on.", "01JD9ZR1B7E5H8K1N4Q7T0W3Z6"),
        "unknownMentions": ("Mentions of nobody.", ["rep9"]),
        "sort": ("The order.", "slaDeadline"),
        "channel": ("How it came to the desk, or went from it. Null: unknown.", "email"),
        "at": ("When that was.", "2026-11-24T10:05:00Z"),
        "occurredAt": (
            "When a call was, or the customer said it, if that was told.",
            "2026-11-24T09:30:00Z",
        ),
        "deliveries": ("What became of the email to each recipient.", None),
        "mailbox": ("The name of a mailbox.", "support"),
    }
)
