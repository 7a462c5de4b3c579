"""Asks moto and botocore what they say of IAM policies and actions, and runs lines for the AWS CLI.

Standard input has {"users": [document, …], "roles": [document, …], "services": [name, …], "lines": [text, …]}.
Standard output has {"users": [null or the refusal, …], "roles": [likewise, …], "actions": [service:operation, …],
"lines": [exit code, …]}. The lines find a group `developers` and a role `dev`.
"""

import contextlib
import json
import os
import shlex
import sys

os.environ.update(
    AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE",
    AWS_SECRET_ACCESS_KEY="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    MOTO_ACCOUNT_ID="111122223333",
)

import boto3
import botocore.exceptions
import botocore.session
from awscli.clidriver import create_clidriver
from moto import mock_aws


def refusal(call, **arguments):
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        return str(error)
    return None


def operations(service):
    model = botocore.session.get_session().get_service_model(service)
    return [f"{service}:{name}" for name in model.operation_names]


def run(line):
    program, *words = shlex.split(line)
    assert program == "aws", line
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        return create_clidriver().main(words)


asked = json.load(sys.stdin)
with mock_aws():
    iam = boto3.client("iam")
    iam.create_group(GroupName="developers")
    iam.create_role(RoleName="dev", AssumeRolePolicyDocument="{}")
    answer = {
        "users": [
            refusal(iam.create_policy, PolicyName=f"p{n}", PolicyDocument=document)
            for n, document in enumerate(asked["users"])
        ],
        # moto checks a trust policy where it replaces another.
        "roles": [
            refusal(iam.update_assume_role_policy, RoleName="dev", PolicyDocument=document)
            for document in asked["roles"]
        ],
        "actions": [action for service in asked["services"] for action in operations(service)],
    }
    answer["lines"] = [run(line) for line in asked["lines"]]
json.dump(answer, sys.stdout)
