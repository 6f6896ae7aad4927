"""How mailboxes are fetched from their IMAP servers, and watched."""
