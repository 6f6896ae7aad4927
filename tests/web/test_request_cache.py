"""Within a page that changes nothing, a question is asked once; anywhere else, each time."""

import pytest
from django.test import RequestFactory

from helpdesk.request_cache import OnceAPageMiddleware, once_a_page


@pytest.mark.parametrize(("method", "asked"), [("get", 2), ("head", 2), ("post", 4)])
def test_once_a_page(method, asked):
    questions = []

    @once_a_page
    def ask(name, *, loudly=False):
        questions.append((name, loudly))
        return name.upper()

    def page(_request):
        return [ask("a"), ask("a"), ask("a", loudly=True), ask("a", loudly=True)]

    desk = OnceAPageMiddleware(page)
    request = getattr(RequestFactory(), method)("/")
    assert desk(request) == ["A", "A", "A", "A"]
    assert len(questions) == asked
    desk(request)
    assert len(questions) == 2 * asked, "another page asks anew"
    ask("a"), ask("a")
    assert len(questions) == 2 * asked + 2, "and so does whoever is no page"


def test_a_page_that_fails_leaves_nothing_behind():
    @once_a_page
    def ask(counted=[]):  # noqa: B006 (the list is the counter)
        counted.append(1)
        return len(counted)

    def page(_request):
        ask()
        raise LookupError

    with pytest.raises(LookupError):
        OnceAPageMiddleware(page)(RequestFactory().get("/"))
    assert (ask(), ask()) == (2, 3)
