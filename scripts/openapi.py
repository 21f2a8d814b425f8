"""Write the API's document, as the server gives it, to the file named."""

import sys
from pathlib import Path

import msgspec

from khalifa.container import build_container
from khalifa.entrypoints.http.app import create_app
from khalifa.entrypoints.http.documentation import completed
from khalifa.settings import Settings

if __name__ == "__main__":
    target = Path(sys.argv[1])
    # Named because they must be; nothing is opened.
    nowhere = {"DATABASE_URL": "sqlite+aiosqlite:///:memory:", "REDIS_URL": "redis://127.0.0.1"}
    settings = Settings.from_env({"WHATSAPP_DRIVER": "sandbox", **nowhere})
    app = create_app(build_container(settings))
    document = completed(app.openapi_schema.to_schema())
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(msgspec.json.encode(document, order="sorted"))
