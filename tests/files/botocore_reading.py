"""Prints how botocore reads shared AWS files, as JSON.

Standard input names one directory a line, each with a `config` and a `credentials` file or without.
For each, in order, the output has {"profiles": …, "services": …} or {"refused": the error's class};
what botocore holds as a dict is a list of pairs, since its order counts.
"""

import json
import os
import sys

import botocore.exceptions
import botocore.session


def pairs(value):
    if isinstance(value, dict):
        return [[key, pairs(inner)] for key, inner in value.items()]
    return value


def reading(directory):
    os.environ["AWS_CONFIG_FILE"] = os.path.join(directory, "config")
    os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.path.join(directory, "credentials")
    try:
        config = botocore.session.Session().full_config
    except botocore.exceptions.ConfigParseError as error:
        return {"refused": type(error).__name__}
    return {
        "profiles": pairs(config["profiles"]),
        "services": pairs(config.get("services", {})),
    }


json.dump([reading(line.rstrip("\n")) for line in sys.stdin], sys.stdout)
