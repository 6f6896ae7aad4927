"""What customers are promised: policies, escalation rules, and why a deadline is what it is."""
