"""The lines with which mail programs introduce an earlier mail in the text of a new one.

Headings (`From: … Sent: … Subject: …`), separators (`-----Original Message-----`), and lines such
as `On Monday, Jane wrote:`, in the languages in which mail comes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_FROM = (
    *("from", "von", "de", "da", "van", "från", "fra", "od", "от", "від", "desde", "expéditeur"),
    *("lähettäjä", "mittente", "nadawca", "gönderen", "kimden", "发件人", "寄件者", "差出人"),
    *("odesílatel", "feladó", "från", "afzender", "remitente", "送信者", "보낸 사람", "od koho"),
)
_SENT = (
    *("sent", "date", "gesendet", "datum", "enviado", "enviado el", "enviada em", "fecha", "data"),
    *("inviato", "envoyé", "envoyé le", "verzonden", "skickat", "sendt", "dato", "wysłano"),
    *("отправлено", "дата", "надіслано", "lähetetty", "päivämäärä", "发送时间", "日期", "日時"),
    *("送信日時", "odesláno", "elküldve", "gönderildi", "tarih", "date d'envoi", "보낸 날짜"),
    *("data wysłania", "sent on", "gesendet am", "送信日"),
)
_TO = (
    *("to", "an", "à", "a", "para", "aan", "till", "til", "do", "кому", "vastaanottaja", "收件人"),
    *("宛先", "komu", "címzett", "kime", "destinataire", "destinatario", "받는 사람", "收件者"),
)
_SUBJECT = (
    *("subject", "betreff", "objet", "asunto", "assunto", "oggetto", "onderwerp", "ämne", "emne"),
    *("temat", "тема", "aihe", "主题", "件名", "předmět", "tárgy", "konu", "sujet", "제목", "主旨"),
)
_OTHER = (
    *("cc", "bcc", "kopie", "kopia", "kopi", "копия", "reply-to", "risposta", "antwort an", "抄送"),
    *("responder a", "répondre à", "importance", "wichtigkeit", "priorität", "attachments", "dw"),
    *("organization", "organisation", "newsgroups", "resent-from", "sender", "cci", "bbc", "kopia"),
    *("copie", "copie à", "ccn", "message-id", "conversation", "svar till", "posted at", "bericht"),
)
_KINDS = {
    **dict.fromkeys(_OTHER, "other"),
    **dict.fromkeys(_SUBJECT, "subject"),
    **dict.fromkeys(_TO, "to"),
    **dict.fromkeys(_SENT, "sent"),
    **dict.fromkeys(_FROM, "from"),
}
_LABELLED = re.compile(
    r"^[\s>]{0,60}[*_|]{0,3}([^\W\d_][\w' -]{0,20}?)\s?[*_]{0,3}\s?[:：][*_]{0,3}(.*)$"
)
_RULE = re.compile(r"^\s{0,20}(?:[-_=*–—]\s?){5,}\s*$")

_ORIGINAL = (
    "original message|reply message|original-nachricht|originalnachricht|original email|"
    "ursprüngliche nachricht|ursprungliche nachricht|urspr\\. nachricht|message d'origine|"
    "message original|message initial|mensaje original|mensagem original|messaggio originale|"
    "messaggio originario|oorspronkelijk bericht|originele bericht|ursprungligt meddelande|"
    "original meddelande|originalmeddelande|oprindelig meddelelse|opprinnelig melding|"
    "alkuperäinen viesti|wiadomość oryginalna|oryginalna wiadomość|původní zpráva|"
    "исходное сообщение|пересылаемое сообщение|eredeti üzenet|özgün ileti|原始邮件|原始郵件|"
    "original appointment|ursprünglicher termin|元のメッセージ|원본 메시지|pôvodná správa"
)
_FORWARDED = (
    "forwarded message|forwarded by|begin forwarded message|weitergeleitete nachricht|"
    "anfang der weitergeleiteten nachricht|weitergeleitete mail|message transféré|"
    "début du message transféré|début du message réexpédié|mensaje reenviado|"
    "inicio del mensaje reenviado|mensagem encaminhada|início da mensagem encaminhada|"
    "messaggio inoltrato|inizio messaggio inoltrato|doorgestuurd bericht|"
    "begin doorgestuurd bericht|doorgestuurde bericht|vidarebefordrat meddelande|"
    "vidarebefordrat brev|videresendt meddelelse|videresendt melding|przekazana wiadomość|"
    "wiadomość przekazana|początek przekazywanej wiadomości|treść przekazanej wiadomości|"
    "přeposlaná zpráva|пересланное сообщение|перенаправленное сообщение|edelleenlähetetty viesti|"
    "轉寄郵件|转发的邮件|転送メッセージ|továbbított üzenet|iletilmiş mesaj"
)
_SEPARATOR = re.compile(
    rf"^[\s>]{{0,60}}[*_]{{0,3}}(?:[-–—_=]\s?){{2,40}}\s*(?:(?P<original>{_ORIGINAL})|(?P<forwarded>{_FORWARDED}))"
    r"[^-\n]{0,80}(?:[-–—_=]\s?){2,40}[*_]{0,3}\s*$",
    re.IGNORECASE,
)
_BEGIN = re.compile(
    rf"^[\s>]{{0,60}}[*_]{{0,3}}(?:{_FORWARDED})\s?[:：][*_]{{0,3}}\s*$", re.IGNORECASE
)

_WROTE = (
    "wrote|writes|schrieb|schreibt|a écrit|écrivait|escribió|escribio|escreveu|ha scritto|scrisse|"
    "napisał\\(a\\)|napisał|napisała|pisze|skrev|schreef|het volgende geschreven|geschreven|"
    "написал|написала|написал\\(а\\)|пишет|пише|написав|kirjoitti|napsal|napsal\\(a\\)|napísal|"
    "írta|yazdı|şunu yazdı|写道|寫道|書きました|さんは書|のメール|作成|a scris|έγραψε|skrifaði|viết"
)
_WRITES = re.compile(rf"(?:^|[\s\d>)\"'，,]|(?<=[^\x00-\x7f]))(?:{_WROTE})(?!\w)", re.IGNORECASE)
_DATED = re.compile(
    r"^\s*(?:\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]\d{2,4}|\d\d? [^\W\d_]{3,10}\.? \d{4})\W"
)
_MAIL = re.compile(r"[^\s<>@]{1,100}@[^\s<>@]{1,100}")
_SURE = re.compile(r"@|\b(?:19|20)\d\d\b|\d[./-]\d|\d年|\byou wrote\b|\d:\d\d")
_LONGEST_INTRODUCTION = 400
_MOST_LINES = 4


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of an earlier message: lines `start` to `end`, and its fields."""

    start: int
    end: int
    sender: str = ""
    sent: str = ""
    subject: str = ""
    forwards: bool = False
    """Whether its separator says that the message was forwarded."""


def heading_at(lines: Sequence[str], start: int) -> Heading | None:
    """Return the heading that begins at this line: a separator with or without fields, or fields.

    Fields are one that names a sender (any, after a separator), and at least one more.
    """
    separator = _SEPARATOR.match(lines[start][:300]) or _BEGIN.match(lines[start][:300])
    rule = not separator and bool(_RULE.match(lines[start][:300]))
    first = _skip_blank(lines, start + 1, 3) if separator or rule else start
    fields, end = _fields(lines, first)
    kinds = {kind for kind, _value in fields}
    enough = len(fields) >= 2 and "from" in kinds and bool(kinds & {"sent", "to", "subject"})
    if rule and not (enough and fields[0][0] == "from"):
        return None
    if not separator and not (enough and len(kinds) >= 2 and fields[0][0] in ("from", "sent")):
        return None
    if separator and len(fields) < 2:
        fields, end = [], start + 1
    values = dict(reversed(fields))
    forwards = bool(separator and not separator.groupdict().get("original"))
    return Heading(
        start,
        end,
        values.get("from", ""),
        values.get("sent", ""),
        values.get("subject", ""),
        forwards,
    )


def _skip_blank(lines: Sequence[str], position: int, most: int) -> int:
    while position < len(lines) and most and not lines[position].strip("> \t\r\n\xa0"):
        position += 1
        most -= 1
    return position


def _fields(lines: Sequence[str], position: int) -> tuple[list[tuple[str, str]], int]:
    """Return consecutive fields, whose values may continue on a second line, and where they end."""
    fields: list[tuple[str, str]] = []
    end = position
    more = 0
    blank = 0
    while position < len(lines) and len(fields) < 12:
        line = lines[position][:2_000].rstrip("\r\n")
        labelled = _LABELLED.match(line)
        kind = _KINDS.get(labelled[1].strip().lower()) if labelled else None
        if labelled and kind:
            fields.append((kind, labelled[2].strip()))
            end, more, blank = position + 1, 0, 0
        elif not line.strip("> \t\xa0"):
            blank += 1
            if blank > 1 or not fields:
                break
        elif fields and not blank and more < 3 and _goes_on(lines, position):
            more += 1
            fields[-1] = fields[-1][0], f"{fields[-1][1]} {line.strip('> ')}"
        else:
            break
        position += 1
    return fields, end


def _goes_on(lines: Sequence[str], position: int) -> bool:
    """Return whether fields follow within the next three lines, without an empty one between."""
    for line in lines[position + 1 : position + 4]:
        labelled = _LABELLED.match(line[:2_000].rstrip("\r\n"))
        if labelled and labelled[1].strip().lower() in _KINDS:
            return True
        if not line.strip("> \t\r\n"):
            return False
    return False


@dataclass(frozen=True, slots=True)
class Introduction:
    """`On Monday, Jane wrote:`, which may take several lines."""

    end: int
    sure: bool
    """Whether it names a date or an address, so that no quotation sign has to follow."""


def introduction_at(lines: Sequence[str], start: int) -> Introduction | None:
    """Return the introduction of a quotation that begins at this line."""
    first = lines[start][:_LONGEST_INTRODUCTION].strip().lstrip("> ")
    if not re.search(r"[\d@<\"]|\bmessage\b", first):
        return None
    joined = ""
    for position in range(start, min(start + _MOST_LINES, len(lines))):
        line = lines[position].strip().lstrip("> ").strip("\u200e\u200f\ufeff")
        if not line or len(joined) + len(line) > _LONGEST_INTRODUCTION:
            return None
        if position > start and joined.endswith((":", "：")):
            return None
        joined = f"{joined} {line}".strip()
        if line.endswith((":", "：", ":*")) and _WRITES.search(joined):
            return Introduction(position + 1, bool(_SURE.search(joined)))
        dated = _DATED.match(joined)
        if dated and joined.endswith(">:") and _MAIL.search(joined):
            return Introduction(position + 1, sure=True)
        if dated and re.search(r"\bGMT[+-]\d", joined) and position == start:
            following = lines[position + 1].strip() if position + 1 < len(lines) else ""
            if not following:
                return Introduction(position + 1, sure=True)
    return None
