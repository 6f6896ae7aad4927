"""The SLA dashboard, the reports, and the SLA simulation."""
