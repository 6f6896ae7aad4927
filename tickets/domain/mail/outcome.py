"""The outcome of a message, and its cause."""

from enum import StrEnum


class Outcome(StrEnum):
    """What happened to a message."""

    TICKET = "ticket"  # it opened one
    REPLY = "reply"  # it was added to one
    BOUNCE = "bounce"  # a delivery report; without effect where it is about no mail of ours
    AUTO_REPLY = "auto-reply"  # kept on its ticket, without effect
    DUPLICATE = "duplicate"
    SUSPENDED = "suspended"  # a person decides
    PARKED = "parked"  # it could not be read
    IGNORED = "ignored"
    DELETED = "deleted"  # a person has deleted a suspended one


class MailList(StrEnum):
    """The lists of suspended mail, by the names that pages and the API ask for them."""

    SUSPENDED = "suspended"  # a person decides
    PARKED = "parked"
    BOUNCE = "bounce"  # delivery reports about no mail of ours: nothing to decide
    BLOCKED = "blocked"  # of blocked senders: nothing to decide


class Cause(StrEnum):
    """Why a message has its outcome, unless the outcome itself says so."""

    NOT_ITS_RECIPIENT = "not-its-recipient"
    NOT_AUTHENTICATED = "not-authenticated"
    CLAIMS_COLLEAGUE = "claims-colleague"
    NO_SENDER = "no-sender"
    UNUSABLE_SENDER = "unusable-sender"  # no mail could be sent to its address
    HIDDEN_SENDER = "hidden-sender"  # a mailing list has replaced it
    BLOCKED_SENDER = "blocked-sender"
    AUTOMATIC = "automatic"
    UNKNOWN_REPORT = "unknown-report"
    FROM_OURSELVES = "from-ourselves"
    CLAIMS_TO_BE_US = "claims-to-be-us"
    TOO_MANY = "too-many"
    SAME_MESSAGE = "same-message"
    UNREADABLE = "unreadable"
    FAULT = "fault"  # processing it failed again and again
    TICKET_GONE = "ticket-gone"
    TICKET_ARCHIVED = "ticket-archived"  # its sender is not the customer, who has a follow-up
    ERASED = "erased"


class Remark(StrEnum):
    """Something that a colleague should know about a message that was added."""

    NEW_BECAUSE_REFUSED = "new-because-refused"  # it named a ticket that its sender has no part in
    ENCRYPTED = "encrypted"
    FILES_LEFT_OUT = "files-left-out"
    LONG = "long"  # the whole text is a file
    SUBJECT_CUT = "subject-cut"  # the ticket has its beginning
    CUT = "cut"  # only its beginning was fetched
    FORWARDED = "forwarded"
    AUTOMATIC = "automatic"
    PARTICIPANTS_LEFT_OUT = "participants-left-out"  # a ticket has enough
    LATE = "late"
    BY_HAND = "by-hand"  # a colleague decided on it
    SENDER_ENTERED = "sender-entered"  # by a colleague, since it names none that can be used
    ORIGINAL_ERASED = "original-erased"  # it named a person who was erased
    CARD_REMOVED = "card-removed"  # its original had a card number
