"""All that is promised of the template: every generator of the pages below that takes one."""

import inspect

import alarms
import edge
import flow
import kept
import permissions
import told
import variables
from template import Template

PAGES = (variables, permissions, kept, flow, edge, alarms, told)
# As it is deployed at first, and with everything that may be asked for.
DEPLOYMENTS = ({}, {"DomainName": "images.example.org", "AlarmEmail": "who@example.org", "OriginalsExpireAfterDays": 30,
                    "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1",
                    "AllowedOrigins": "https://shop.example.org,http://localhost:5173"})


def promises():
    for page in PAGES:
        for name, check in inspect.getmembers(page, inspect.isgeneratorfunction):
            if check.__module__ == page.__name__ and list(inspect.signature(check).parameters) == ["template"]:
                yield name, check


def complaints(text, plain):
    """Of our own promises, each once: pairs of a promise and what breaks it."""
    found = {}
    for parameters in DEPLOYMENTS:
        template = Template(text, plain, **parameters)
        for name, check in promises():
            try:
                found |= dict.fromkeys((name, complaint) for complaint in check(template))
            except Exception as fault:   # what cannot even be asked is broken too
                found[name, f"{type(fault).__name__}: {fault}"] = None
    return list(found)
