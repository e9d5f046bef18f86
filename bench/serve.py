"""`python -m bench.serve PORT WORKERS`: granian as `run_all` starts it, with the bench's settings."""

import os
import sys


def main() -> None:
    """Serve until told to end."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    import django

    django.setup()
    from granian import Granian

    Granian(
        "crm.wsgi:application",
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface="wsgi",
        workers=int(sys.argv[2]),
        blocking_threads=1,
        log_access=False,
        log_level="warning",
    ).serve()


if __name__ == "__main__":
    main()
