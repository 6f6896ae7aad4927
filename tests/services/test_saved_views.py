"""Saved views: whose they are, and who may share and rename them."""

import pytest

from helpdesk.errors import Invalid, NotAllowed, NotFound
from tests.world import team
from tickets.services.lists.saved_views import (
    EVERYONE,
    delete_view,
    rename_view,
    save_view,
    saved_views,
)


def test_a_view_for_everyone_is_a_supervisors_to_share(desk):
    with pytest.raises(NotAllowed):
        save_view(name="All", query="view=overdue", share_with=EVERYONE, by=desk.rep)
    shared = save_view(name="All", query="view=overdue", share_with=EVERYONE, by=desk.supervisor)

    assert [view.name for view in saved_views(by=desk.rep)] == ["All"]
    with pytest.raises(NotAllowed):
        rename_view(shared.pk, name="Mine", by=desk.rep)
    assert rename_view(shared.pk, name=" Late ", by=desk.supervisor).name == "Late"
    with pytest.raises(Invalid):
        rename_view(shared.pk, name="", by=desk.supervisor)
    with pytest.raises(NotFound):
        rename_view(shared.pk + 1, name="x", by=desk.supervisor)


def test_views_are_private_or_a_teams(desk):
    money = team("Money", desk.rep_user, desk.rep2_user)
    mine = save_view(name="Mine", query="view=active&priority=High&junk=1", by=desk.rep)
    ours = save_view(name="Ours", query="?view=overdue", share_with=str(money.pk), by=desk.rep)

    assert mine.query == "view=active&priority=High"
    assert [view.name for view in saved_views(by=desk.rep)] == ["Mine", "Ours"]
    assert [view.name for view in saved_views(by=desk.rep2)] == ["Ours"]
    with pytest.raises(NotFound):
        delete_view(mine.pk, by=desk.rep2)
    with pytest.raises(NotAllowed):
        delete_view(ours.pk, by=desk.rep2)
    with pytest.raises(NotAllowed):
        save_view(name="x", query="", share_with=str(money.pk), by=desk.supervisor)
    with pytest.raises(Invalid):
        save_view(name="x", query="status=Lost", by=desk.rep)
    with pytest.raises(Invalid):
        save_view(name=" ", query="", by=desk.rep)
    delete_view(ours.pk, by=desk.rep)
