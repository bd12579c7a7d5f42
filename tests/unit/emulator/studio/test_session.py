import pytest

from azureml_emulator.errors import Unauthorized
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.studio.access import session
from azureml_emulator.studio.access.session import cookie_name, open_session, session_of, ticket


def test_a_ticket_opens_one_session(workspace: LocalWorkspace) -> None:
    given = ticket(workspace.tokens)
    cookie = open_session(workspace, given)
    assert session_of(workspace, cookie) != session_of(workspace, open_session(workspace, ticket(workspace.tokens)))
    with pytest.raises(Unauthorized, match=r"was used before, .* `azureml-emulator studio`"):
        open_session(workspace, given)


def test_the_command_that_started_it_is_named(workspace: LocalWorkspace) -> None:
    workspace.program = "amlgpu local"
    with pytest.raises(Unauthorized, match=r"not signed in .*: run `amlgpu local studio`, and open the address"):
        session_of(workspace, None)


@pytest.mark.parametrize("given", ["", "x", "a.b.c", "ü"])
def test_what_is_no_ticket(workspace: LocalWorkspace, given: str) -> None:
    with pytest.raises(Unauthorized, match="`azureml-emulator studio`"):
        open_session(workspace, given)


def test_each_token_is_good_for_one_purpose(workspace: LocalWorkspace) -> None:
    tokens, given = workspace.tokens, ticket(workspace.tokens)
    cookie = open_session(workspace, ticket(tokens))
    for wrong in (cookie, tokens.bearer("me", "https://management.azure.com")):
        with pytest.raises(Unauthorized):
            open_session(workspace, wrong)
    for no_cookie in (given, tokens.bearer("me", "https://management.azure.com"), None, ""):
        with pytest.raises(Unauthorized, match=r"not signed in .* `azureml-emulator studio`"):
            session_of(workspace, no_cookie)
    for no_bearer in (given, cookie):
        with pytest.raises(Unauthorized):
            tokens.check_bearer(f"Bearer {no_bearer}")


def test_tickets_and_sessions_end(workspace: LocalWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "TICKET_SECONDS", -1)
    with pytest.raises(Unauthorized, match="no longer does"):
        open_session(workspace, ticket(workspace.tokens))
    monkeypatch.setattr(session, "TICKET_SECONDS", 600)
    monkeypatch.setattr(session, "SESSION_SECONDS", -1)
    with pytest.raises(Unauthorized):
        session_of(workspace, open_session(workspace, ticket(workspace.tokens)))


def test_used_tickets_are_forgotten_when_they_could_not_be_used_anyway(workspace: LocalWorkspace) -> None:
    workspace.store.put("studio ticket", "old", {"id": "old", "expires": 1})
    open_session(workspace, ticket(workspace.tokens))
    assert len(workspace.store.all("studio ticket")) == 1
    assert workspace.store.find("studio ticket", "old") is None


def test_forms_belong_to_a_session(workspace: LocalWorkspace) -> None:
    tokens = workspace.tokens
    assert tokens.form_token("a") == tokens.form_token("a") != tokens.form_token("b")


def test_cookies_of_two_workspaces_are_apart(workspace: LocalWorkspace) -> None:
    assert cookie_name(workspace) == f"studio-{workspace.id[:8]}"
