"""WhatsApp providers, one folder each; nothing else lives here."""
