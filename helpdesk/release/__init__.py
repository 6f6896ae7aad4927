"""What an upgrade to this release will do, before it is done: `manage.py check_release`."""
