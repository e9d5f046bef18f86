"""A webhook cannot reach the inside of the network, however its address is dressed up (must be shown 6)."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.webhooks import addresses
from workflows.webhooks.addresses import ForbiddenAddressError, check_target, is_public, split_url

INSIDE = [
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "100.100.100.200", "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1", "2002:7f00:1::", "2002:a9fe:a9fe::1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2001:db8::1",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_of_the_inside_are_told_from_those_outside(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        *(f"http://{each}/" for each in INSIDE if ":" not in each),
        *(f"http://[{each}]/" for each in INSIDE if ":" in each and "%" not in each),
        "http://localhost/", "http://LOCALHOST:8000/", "http://localhost./", "http://db/", "http://x.internal/",
        "http://metadata.google.internal/", "http://printer.local/", "ftp://example.com/", "file:///etc/passwd",
        "gopher://example.com/", "//example.com/", "http://user:pass@example.com/", "http://@example.com/", "http:///x",
        "http://example.com:99999/", "http://exa mple.com/", "http://example.com/\r\nHost: x", "javascript:alert(1)", "",
        "http://" + "a" * 3000 + ".com/",
    ],
)  # fmt: skip
def test_addresses_that_must_not_be_called_are_refused_as_they_are_typed(url):
    with pytest.raises(ForbiddenAddressError):
        split_url(url)


@pytest.mark.parametrize(
    "url", ["http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/", "http://①②⑦.⓪.⓪.①/"]
)
def test_numbers_in_disguise_are_found_when_they_are_looked_up(url):
    with pytest.raises((ForbiddenAddressError, OSError)):
        check_target(url)


def test_a_name_that_leads_inside_is_refused_even_if_only_one_of_its_addresses_does(monkeypatch):
    for found in (["10.0.0.5"], ["93.184.216.34", "127.0.0.1"], ["93.184.216.34", "::ffff:169.254.169.254"]):
        monkeypatch.setattr(addresses, "resolve", lambda host, port, found=found: found)
        with pytest.raises(ForbiddenAddressError, match="inside the network"):
            check_target("https://hooks.example.com/x")


def test_the_connection_is_made_to_the_address_that_was_checked(monkeypatch):
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    monkeypatch.setattr(addresses, "resolve", lambda host, port: next(answers))
    target = check_target("https://hooks.example.com:8443/x?y=1")
    assert target.url == "https://93.184.216.34:8443/x?y=1"
    assert target.host_header == "hooks.example.com:8443"


def test_an_admin_can_allow_a_host_and_nothing_else_with_it(monkeypatch):
    monkeypatch.setattr(addresses, "resolve", lambda host, port: ["10.0.0.5"])
    assert check_target("http://erp.internal/", {"erp.internal"}).ip == "10.0.0.5"
    with pytest.raises(ForbiddenAddressError):
        check_target("http://erp.internal.example.com/", {"erp.internal"})


@given(st.ip_addresses())
def test_every_address_is_judged_without_an_error(ip):
    assert isinstance(is_public(str(ip)), bool)


@given(st.text(max_size=80))
def test_any_text_is_an_address_or_refused(text):
    with suppress(ForbiddenAddressError):
        scheme, host, port, _path = split_url(text)
        assert scheme in ("http", "https") and host and 0 < port < 65_536
