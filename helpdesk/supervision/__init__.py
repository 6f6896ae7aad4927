"""The supervisors' admin as a whole: its site and its front page. What it shows of each app is in
that app's admin."""
