"""One mailbox, one form: an address is cleaned, or refused with a message, wherever it is typed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.mail.address import AddressRefused, as_kept, mailable

PLAIN = "a.b+c@posta.example"
CAFE = "zoe@café.example"


@pytest.mark.parametrize(
    "written",
    [
        f"{PLAIN}\u200b",
        f"\ufeff{PLAIN}",
        "a.b+c@posta\u00ad.example",
        "a.b\u2060+c@posta.example",
        f"\u202a{PLAIN}\u202c",
        f"{PLAIN}\ufe0f",
        f"\u034f{PLAIN}",
        f"{PLAIN}\u00a0",
        f"{PLAIN}\u3164",
        f" {PLAIN} ",
        f"{PLAIN}\r\n",
        "A.B+C@POSTA.EXAMPLE",
        "ａ.b+c＠posta.example",
        "a.b+c@posta。example",
        f"{PLAIN}.",
        f"{PLAIN};",
        f"{PLAIN},",
        f"; {PLAIN} ;,",
        f"<{PLAIN}>",
        f"< {PLAIN} >;",
        f"mailto:{PLAIN}",
        f"MAILTO:{PLAIN}",
        f"<mailto:{PLAIN}>",
        f"mailto:<{PLAIN}>",
        f"{PLAIN} (Work)",
        f"(Ann (of Posta)) {PLAIN}",
        "a.b+c(ann)@posta.example",
    ],
)
def test_what_belongs_to_no_address_is_taken_away(written):
    assert as_kept(written) == PLAIN


@pytest.mark.parametrize(
    "written",
    [
        CAFE,
        unicodedata.normalize("NFD", CAFE),
        "zoe@xn--caf-dma.example",
        "ZOE@XN--CAF-DMA.EXAMPLE",
        "zoe@CAFÉ.example",
        "zoe@café\u200b.example",
    ],
)
def test_an_international_domain_has_one_form_however_it_is_written(written):
    assert as_kept(written) == CAFE
    assert mailable(as_kept(written)) == "zoe@xn--caf-dma.example"


@pytest.mark.parametrize(
    "written",
    [
        "",
        "@",
        "a",
        "a@b",
        "a b@posta.example",
        "a@@posta.example",
        "@posta.example",
        "x,a@posta.example",
        "a@posta.example,b@posta.example",
        "a@posta.example; b@posta.example",
        "Ann <a@posta.example>",
        "a@posta.example\r\nBcc: b@posta.example",
        "a..b@posta.example",
        ".a@posta.example",
        "a@posta..example",
        "a@-posta.example",
        "a@posta_x.example",
        "a@127.0.0.1",
        "a@[127.0.0.1]",
        "zoë@posta.example",
        '"a b"@posta.example',
        "a@(posta.example",
        "a@" + "é" * 200 + ".example",
        "x" * 65 + "@posta.example",
        "x" * 300,
        "\ud800@posta.example",
    ],
)
def test_what_is_no_address_is_refused_with_an_example(written):
    with pytest.raises(AddressRefused, match="Enter a valid email address"):
        as_kept(written)


@pytest.mark.parametrize("address", ["a@ab--cd.example", "a@xn--zzzzzzzz.example", PLAIN, CAFE])
def test_whatever_is_kept_can_be_mailed(address):
    assert mailable(as_kept(address)).isascii()


@given(st.emails(), st.sampled_from(["%s", " %s;", "<%s>", "mailto:%s", "%s\u200b", "%s (x)"]))
def test_a_kept_address_stays_as_it_is_and_can_be_mailed(address, written):
    try:
        kept = as_kept(written % address)
    except AddressRefused:
        return
    assert as_kept(kept) == kept == as_kept(address)
    assert as_kept(mailable(kept)) == kept


@given(st.text())
def test_any_text_is_an_address_or_refused(text):
    try:
        kept = as_kept(text)
    except AddressRefused:
        return
    assert mailable(kept).isascii()
