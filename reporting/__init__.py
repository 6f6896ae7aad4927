"""Reports. They read what tickets and customers publish."""
