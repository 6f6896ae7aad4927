"""The admin site and its dashboard. What it shows of each app is in that app's admin."""
