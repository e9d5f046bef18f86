"""What a person gets when something broke: an honest page, and a status that tells what passes from what does not."""

import pytest
from django.db import DataError, InterfaceError, OperationalError, connection

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OperationalError("terminating connection due to administrator command"), 503),
        (InterfaceError("connection already closed"), 503),
        (DataError("a fault of ours"), 500),
        (ZeroDivisionError("a fault of ours"), 500),
    ],
)
def test_a_database_that_is_away_is_told_from_a_fault(client_of, rep, error, status):
    client = client_of(rep)
    client.raise_request_exception = False
    assert client.get("/contacts/").status_code == 200

    def broken(execute, sql, *rest):
        if "contacts_contact" in sql:
            raise error
        return execute(sql, *rest)

    with connection.execute_wrapper(broken):
        response = client.get("/contacts/")
    assert response.status_code == status
    assert response.get("Retry-After") == ("5" if status == 503 else None)
    words = "The database cannot be reached" if status == 503 else "Something broke on our side"
    assert words in response.content.decode()
    assert client.get("/contacts/").status_code == 200
