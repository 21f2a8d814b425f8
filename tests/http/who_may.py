"""Who may call which route: a line for every route there is."""

from enum import Enum, auto


class Who(Enum):
    """Who may call a route; administrators may call all of them but what is another's own."""

    ANYBODY = auto()
    # Whoever signs as the provider does.
    PROVIDER = auto()
    # Whoever shows KHALIFA_METRICS_TOKEN, and nobody else.
    WATCHER = auto()
    # Whoever sits at this machine; from elsewhere, whoever is signed in.
    HERE = auto()
    SIGNED_IN = auto()
    # What is one's own: of another's nobody is even told that it exists.
    OWNER = auto()
    # Whoever holds the conversation that it is about.
    HOLDER = auto()
    # Whoever is first: nobody takes what somebody else has.
    FIRST = auto()
    ADMIN = auto()


# A new route needs a line here, and is walked from then on.
_ROUTES = {
    Who.ANYBODY: """
        GET  /
        GET  /assets/{name}
        GET  /static/{name}
        GET  /sandbox
        GET  /docs
        GET  /docs/errors
        GET  /docs/openapi.json
        GET  /docs/{path}
        GET  /health/live
        GET  /health/ready
        GET  /api/whatsapp/status
        POST /api/auth/login
        POST /api/auth/logout
    """,
    Who.PROVIDER: """
        GET  /api/webhook/{provider}
        POST /api/webhook/{provider}
    """,
    Who.WATCHER: """
        GET  /metrics
    """,
    Who.HERE: """
        GET  /api/sandbox/phones
        GET  /api/sandbox/phones/{phone}/messages
        POST /api/sandbox/phones/{phone}/messages
        POST /api/sandbox/phones/{phone}/files
        GET  /api/sandbox/files/{file_id}
        POST /api/sandbox/scenario
    """,
    Who.SIGNED_IN: """
        GET  /api/me
        POST /api/me/password
        GET  /api/me/sessions
        GET  /api/me/two-step
        POST /api/me/two-step
        POST /api/me/two-step/on
        POST /api/me/two-step/off
        POST /api/agents/me/presence
        GET  /api/colleagues
        GET  /api/branches
        GET  /api/ready-replies
        POST /api/ready-replies
        GET  /api/settings
        GET  /api/templates
        GET  /api/tickets
        POST /api/tickets
        GET  /api/customers
        GET  /api/search
        GET  /api/figures
        GET  /api/figures.csv
        POST /api/media
    """,
    Who.OWNER: """
        DELETE /api/me/sessions/{session}
        PATCH  /api/ready-replies/{reply}
        DELETE /api/ready-replies/{reply}
    """,
    Who.HOLDER: """
        GET   /api/tickets/{ticket_id}
        PATCH /api/tickets/{ticket_id}
        GET   /api/tickets/{ticket_id}/messages
        POST  /api/tickets/{ticket_id}/messages
        GET   /api/tickets/{ticket_id}/ready-replies
        GET   /api/tickets/{ticket_id}/route
        GET   /api/tickets/{ticket_id}/delays
        GET   /api/tickets/{ticket_id}/history
        POST  /api/tickets/{ticket_id}/notes
        POST  /api/tickets/{ticket_id}/here
        POST  /api/tickets/{ticket_id}/read
        POST  /api/tickets/{ticket_id}/unread
        POST  /api/tickets/{ticket_id}/typing
        POST  /api/tickets/{ticket_id}/transfer
        POST  /api/tickets/{ticket_id}/close
        POST  /api/tickets/{ticket_id}/reopen
        POST  /api/messages/{message_id}/resend
        POST  /api/messages/{message_id}/arrived
        DELETE /api/messages/{message_id}
        GET   /api/customers/{customer_id}
        PATCH /api/customers/{customer_id}
        GET   /api/customers/{customer_id}/provider
        PUT   /api/customers/{customer_id}/provider
        DELETE /api/customers/{customer_id}/provider
        GET   /api/media/{media_id}
        HEAD  /api/media/{media_id}
        GET   /api/media/{media_id}/thumbnail
    """,
    Who.FIRST: """
        POST /api/tickets/{ticket_id}/take
    """,
    Who.ADMIN: """
        GET    /api/agents
        POST   /api/agents
        PATCH  /api/agents/{agent_id}
        POST   /api/agents/{agent_id}/password
        POST   /api/agents/{agent_id}/tokens
        GET    /api/agents/{agent_id}/sessions
        DELETE /api/agents/{agent_id}/sessions/{session}
        DELETE /api/agents/{agent_id}/two-step
        POST   /api/branches
        PATCH  /api/branches/{branch_id}
        GET    /api/audit
        GET    /api/board
        GET    /api/ledger
        PATCH  /api/settings
        POST   /api/tickets/{ticket_id}/assign
        POST   /api/customers/{customer_id}/merge
        POST   /api/customers/{customer_id}/unmerge
        GET    /api/provider
        POST   /api/provider/{provider}/release
        GET    /api/provider/{provider}/plan
        POST   /api/provider/{provider}/switch
        POST   /api/provider/rollback
        GET    /api/provider/qr
        GET    /api/provider/qr.json
        GET    /api/provider/pairing-code
        POST   /api/provider/pairing-code
        DELETE /api/provider/pairing-code
    """,
}
MAY = {
    " ".join(line.split()): who
    for who, lines in _ROUTES.items()
    for line in lines.strip().splitlines()
}
