"""The SLA dashboard, the reports, and what would be if a policy were another."""
