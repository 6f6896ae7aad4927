"""Work that lies in the database until a worker takes it: jobs that nobody does any more, webhooks.

One periodic task looks for all of it, and starts the tasks that have something to do. A desk that
nobody uses has a query for each of them instead of a task.
"""

from django.conf import settings
from django.utils.module_loading import import_string

from helpdesk import wake


def start() -> list[str]:
    """Start each task of LEFT_WORK that has something to do; return their names.

    Cost: a SQL query for each, sometimes two.
    """
    wanted = [task for task, left in settings.LEFT_WORK.items() if import_string(left)()]
    for task in wanted:
        wake.send(task)
    return wanted
