"""Prints where botocore takes a profile's credentials from, as JSON.

Standard input has one case a line, {"directory": …, "environment": {…}}: a `config` and a `credentials` file
and the AWS variables. For each, in order, the output has {"profile": …, "environment": …}: the answer for
the profile x by name, and for what the environment says. An answer is {"refused": the error's class} or
{"roles": [ARN, …], "source": [kind, …]}, the first role to be assumed first. No request is made and no
program runs.
"""

import json
import os
import sys

import botocore.credentials as credentials
import botocore.exceptions
import botocore.session

assumed = []


def described(found):
    if isinstance(found, list):
        return found
    if found is None:
        return ["none"]
    keys = [found.access_key, found.secret_key, found.token or ""]
    return [{"env": "environment"}.get(found.method, "keys"), *keys]


class AssumeRole:
    def __init__(self, client_creator, source_credentials, role_arn, **_):
        if len(role_arn) < 20:
            raise botocore.exceptions.ParamValidationError(report="Invalid length for parameter RoleArn")
        assumed.append((role_arn, described(source_credentials)))

    def fetch_credentials(self):
        raise AssertionError("no request is made")


def found_by(kind):
    return lambda *_, **__: Found([kind])


class Found(list):
    """Stands for credentials, with what the resolver asks of them."""

    method = "test"


def process(provider):
    command = provider._credential_process
    if command == "":
        raise IndexError("as Popen([])")
    return None if command is None else Found(["process", command])


def sso(provider):
    return Found(["sso"]) if provider._load_sso_config() else None


def login(provider):
    profiles = provider._load_config().get("profiles", {})
    return Found(["login"]) if "login_session" in profiles.get(provider._profile_name, {}) else None


def web(provider):
    if not provider._get_config("web_identity_token_file"):
        return None
    if not provider._get_config("role_arn"):
        raise credentials.InvalidConfigError(error_msg="no role_arn")
    return Found(["web"])


def by_role(provider, profile_name):
    load = type(provider).load_by_role
    load(provider, profile_name)
    return Found(["role"])


credentials.AssumeRoleCredentialFetcher = AssumeRole
credentials.ProcessProvider.load = process
credentials.SSOProvider.load = sso
credentials.LoginProvider.load = login
credentials.AssumeRoleWithWebIdentityProvider.load = web
credentials.AssumeRoleProvider.load_by_role = credentials.AssumeRoleProvider._load_creds_via_assume_role
credentials.AssumeRoleProvider._load_creds_via_assume_role = by_role


# The same for every case, or of use to a client alone, and slow.
botocore.session.Session._register_builtin_handlers = lambda session, events: None
loader = botocore.session.Session().get_component("data_loader")
credentials.resolve_imds_endpoint_mode = lambda session: "ipv4"


def answer(profile):
    assumed.clear()
    session = botocore.session.Session(profile=profile)
    session.register_component("data_loader", loader)
    try:
        found = credentials.get_credentials(session)
    except Exception as error:  # An odd file ends in errors of any class.
        return {"refused": type(error).__name__}
    roles = [arn for arn, _ in assumed]
    return {"roles": roles, "source": assumed[0][1] if assumed else described(found)}


def read(case):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(case["environment"])
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    os.environ["AWS_CONFIG_FILE"] = os.path.join(case["directory"], "config")
    os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.path.join(case["directory"], "credentials")
    return {"profile": answer("x"), "environment": answer(None)}


json.dump([read(json.loads(line)) for line in sys.stdin], sys.stdout)
