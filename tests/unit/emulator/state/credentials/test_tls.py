import ssl
from pathlib import Path

import certifi
import pytest
import trustme

from azureml_emulator.state.credentials.tls import ensure_certificates


def authorities(bundle: Path) -> list[bytes]:
    return ssl.create_default_context(cafile=str(bundle)).get_ca_certs(binary_form=True)


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_whom_the_user_trusted_is_trusted_still(variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = trustme.CA()
    proxy.cert_pem.write_to_path(tmp_path / "proxy.pem")
    monkeypatch.setenv(variable, str(tmp_path / "proxy.pem"))
    ensure_certificates(tmp_path / "tls")
    trusted = authorities(tmp_path / "tls" / "bundle.pem")
    assert ssl.PEM_cert_to_DER_cert(proxy.cert_pem.bytes().decode()) in trusted
    assert len(trusted) > 100


def test_a_bundle_that_is_not_there_is_nothing_to_trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    ensure_certificates(tmp_path / "tls")
    assert authorities(tmp_path / "tls" / "bundle.pem")


def test_each_is_in_the_bundle_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", certifi.where())
    ensure_certificates(tmp_path / "tls")
    certificates = (tmp_path / "tls" / "bundle.pem").read_text().split("-----BEGIN CERTIFICATE-----\n")[1:]
    assert len({text.partition("-----END")[0] for text in certificates}) == len(certificates) > 100
