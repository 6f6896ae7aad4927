"""The default calendar, policy and escalation rules of the specification."""

from django.db import migrations

RULES = [
    # key, level, assignee, team, supervisors
    ("critical-created", "critical", 1, False, False, True),
    ("response-at-risk", "response-at-risk", 0, True, True, False),
    ("response-breached", "response-breached", 1, True, False, True),
    ("resolution-at-risk", "resolution-at-risk", 0, True, False, False),
    ("resolution-breached", "resolution-breached", 2, True, False, True),
    ("resolution-overdue", "resolution-overdue", 3, False, False, True),
]
HOURS = {"Critical": (2, 24), "High": (4, 48), "Medium": (8, 72), "Low": (24, 120)}


def make(apps, schema_editor):
    calendar = apps.get_model("tickets", "Calendar").objects.create(
        name="Around the clock", always=True
    )
    policy = apps.get_model("tickets", "Policy").objects.create(
        name="Default", slug="default", is_default=True, calendar=calendar
    )
    apps.get_model("tickets", "PolicyVersion").objects.create(
        policy=policy,
        number=1,
        key="default-1",
        terms={
            "calendar": "24x7",
            "targets": {
                priority: {"response": response * 3600, "resolution": resolution * 3600}
                for priority, (response, resolution) in HOURS.items()
            },
            "atRiskPercent": 75,
        },
    )
    rule = apps.get_model("tickets", "EscalationRule")
    for key, trigger, level, assignee, team, supervisors in RULES:
        rule.objects.create(
            key=key,
            trigger=trigger,
            level=level,
            notify_assignee=assignee,
            notify_team=team,
            notify_supervisors=supervisors,
        )


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_initial")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
