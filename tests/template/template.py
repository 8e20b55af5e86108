"""The template as CloudFormation gets it: expanded as SAM does, and every reference in it followed."""

import logging
import os
import re

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

# It counts its own calls, and complains that nobody asks for the numbers.
logging.getLogger("samtranslator").setLevel(logging.ERROR)

ACCOUNT, REGION = "123456789012", "eu-west-1"
PSEUDO = {"AWS::AccountId": ACCOUNT, "AWS::Region": REGION, "AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com",
          "AWS::StackName": "tintype", "AWS::NoValue": None}


def expanded(text):
    """Plain CloudFormation, by the library that AWS runs; it asks nobody."""
    os.environ["AWS_DEFAULT_REGION"] = REGION
    written = yaml_parse(text)
    for resource in written["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            # Where `sam package` would have put it.
            resource["Properties"]["CodeUri"] = "s3://code/key"
    return Translator({}, Parser()).translate(written, {})


class Template:
    """Resources by their logical ids, without references; what only AWS knows is `<Id>` or `<Id.Attribute>`."""

    def __init__(self, text, plain, **parameters):
        self.written = yaml_parse(text)["Resources"]
        self.plain = plain
        self.parameters = {name: given["Default"] for name, given in plain["Parameters"].items()} | parameters
        self.resources = {id: self.value(resource) for id, resource in plain["Resources"].items()}
        self.outputs = self.value(plain["Outputs"])

    def of(self, kind):
        """Ids and properties of all resources of a type, which may leave out its `AWS::`."""
        found = self.resources.items()
        return {id: resource.get("Properties", {}) for id, resource in found if resource["Type"] == f"AWS::{kind}"}

    def functions(self):
        """Ids by the binaries that they run."""
        ids = self.of("Lambda::Function")
        return {self.resources[id]["Metadata"]["BuildProperties"]["Binary"]: id for id in ids}

    def variables(self, id):
        return self.of("Lambda::Function")[id]["Environment"]["Variables"]

    def statements(self, policies):
        """Of all documents, with lists where there may be one text."""
        for policy in policies:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield {**statement, "Action": listed(statement["Action"]), "Resource": listed(statement["Resource"])}

    def named(self, reference):
        """The id behind `<Id>` or `<Id.Attribute>`, or a bucket's name or ARN."""
        if found := re.fullmatch(r"<(\w+)(?:\.\w+)*>", str(reference)):
            return found[1]
        buckets = self.of("S3::Bucket")
        name = str(reference).removeprefix("arn:aws:s3:::").removesuffix("/*")
        return next((id for id in buckets if buckets[id].get("BucketName") == name), None)

    def value(self, written):
        if isinstance(written, list):
            return [one for one in map(self.value, written) if one is not None]
        if not isinstance(written, dict):
            return written
        if len(written) == 1:
            (name, argument), = written.items()
            follow = {"Ref": self.ref, "Fn::GetAtt": self.attribute, "Fn::Sub": self.text, "Fn::If": self.choice,
                      "Fn::Join": self.joined, "Fn::Split": self.split}.get(name)
            if follow:
                return follow(argument)
        values = {name: self.value(value) for name, value in written.items()}
        return {name: value for name, value in values.items() if value is not None}

    def ref(self, name):
        for known in (PSEUDO, self.parameters):
            if name in known:
                return known[name]
        properties = self.plain["Resources"].get(name, {}).get("Properties", {})
        return self.value(properties["BucketName"]) if "BucketName" in properties else f"<{name}>"

    def attribute(self, argument):
        id, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
        if attribute == "Arn" and self.plain["Resources"].get(id, {}).get("Type") == "AWS::S3::Bucket":
            return f"arn:aws:s3:::{self.ref(id)}"
        return f"<{id}.{attribute}>"

    def text(self, argument):
        text, own = argument if isinstance(argument, list) else (argument, {})
        own = {name: self.value(value) for name, value in own.items()}

        def filled(hole):
            name = hole[1]
            return str(own[name] if name in own else self.attribute(name) if "." in name else self.ref(name))
        return re.sub(r"\$\{([\w.:]+)\}", filled, text)

    def choice(self, argument):
        condition, yes, no = argument
        return self.value(yes if self.holds({"Condition": condition}) else no)

    def joined(self, argument):
        between, parts = argument
        return between.join(map(str, self.value(parts)))

    def split(self, argument):
        between, text = argument
        return self.value(text).split(between)

    def holds(self, condition):
        (name, argument), = condition.items()
        match name:
            case "Condition":
                return self.holds(self.plain["Conditions"][argument])
            case "Fn::Equals":
                return len({str(self.value(side)) for side in argument}) == 1
            case "Fn::Not":
                return not self.holds(argument[0])
            case "Fn::And":
                return all(map(self.holds, argument))
            case "Fn::Or":
                return any(map(self.holds, argument))


def listed(value):
    return value if isinstance(value, list) else [value]
