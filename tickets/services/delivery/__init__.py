"""What leaves a ticket: the outbox and its consumers, notifications, e-mail, webhooks."""
