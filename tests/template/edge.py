"""One name for page, API and renditions: each path leads where it is answered, with the headers that it needs."""

import re
from fnmatch import fnmatchcase
from functools import cache

import quickjs
import yaml

from kept import page_bucket
from sources import ROOT, code, read

# What AWS calls its own policies.
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
# Without Authorization nobody is let in, by another host the gateway knows no API, and with cookies If-None-Match is dropped.
EVERYTHING_BUT_HOST_AND_COOKIES = [{"HeaderBehavior": "allExcept", "Headers": ["host"]}, {"CookieBehavior": "none"}, {"QueryStringBehavior": "all"}]
METHODS = {"GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"}
# Refusals that CloudFront keeps, most of them even with `no-store`.
KEPT = {400, 403, 404, 405, 414, 500, 501, 502, 503, 504}
SAMPLES = {"{id}": "0123456789abcdefghjkmnpqrs", "{rendition}": "avif-320", "{name}": "default"}


def config(template):
    distribution, = template.of("CloudFront::Distribution").values()
    return distribution["DistributionConfig"]


def behaviour(template, path):
    """As CloudFront picks it: the first whose pattern matches."""
    given = config(template)
    matching = (one for one in given.get("CacheBehaviors", []) if fnmatchcase(path, one["PathPattern"]))
    return next(matching, given["DefaultCacheBehavior"])


def origin(template, id):
    return next((one for one in config(template)["Origins"] if one["Id"] == id), None)


@cache
def api_paths():
    documented = yaml.safe_load(read("openapi.yaml"))["paths"]
    return [*documented, *re.findall(r'\.route\("([^"]+)"', code("api/src/docs.rs"))]


def sample(path):
    return re.sub(r"\{\w+\}", lambda hole: SAMPLES.get(hole[0], "0123456789abcdef"), path)


def every_behaviour_has_its_origin(template):
    given = config(template)
    for one in [given["DefaultCacheBehavior"], *given.get("CacheBehaviors", [])]:
        if not origin(template, one["TargetOriginId"]):
            yield f"{one.get('PathPattern', 'the default')} leads to {one['TargetOriginId']}, which is no origin"
        if one["ViewerProtocolPolicy"] not in ("redirect-to-https", "https-only"):
            yield f"{one.get('PathPattern', 'the default')} answers in clear"


def every_path_of_the_api_leads_to_it_whole(template):
    gateway, = template.of("ApiGatewayV2::Api")
    for path in api_paths():
        one = behaviour(template, sample(path))
        host = (origin(template, one["TargetOriginId"]) or {}).get("DomainName", "")
        if host != f"<{gateway}>.execute-api.{template.ref('AWS::Region')}.amazonaws.com":
            yield f"{path} leads to {host}"
            continue
        if set(one.get("AllowedMethods", [])) != METHODS:
            yield f"{path} may not be asked with {METHODS - set(one.get('AllowedMethods', []))}"
        if one["CachePolicyId"] != CACHING_DISABLED:
            yield f"{path}: the answers of one are kept for another"
        if forwarded(template, one) != EVERYTHING_BUT_HOST_AND_COOKIES:
            yield f"{path}: Authorization or If-None-Match does not arrive, or the host does"
        if one["ViewerProtocolPolicy"] != "https-only":
            yield f"{path}: a key goes out in clear before it is redirected"


def forwarded(template, one):
    policy = template.of("CloudFront::OriginRequestPolicy").get(template.named(one.get("OriginRequestPolicyId")), {})
    return [policy.get("OriginRequestPolicyConfig", {}).get(f"{what}Config") for what in ("Headers", "Cookies", "QueryStrings")]


def every_file_of_the_page_leads_to_it(template):
    for name in ["", *(path.name for path in (ROOT / "web").iterdir())]:
        one = behaviour(template, f"/{name}")
        if one is not config(template)["DefaultCacheBehavior"]:
            yield f"/{name} is no file of the page's bucket"
    if config(template).get("DefaultRootObject") != "index.html":
        yield "/ is no page"


def every_rendition_is_where_the_api_says(template):
    base = template.variables(template.functions()["api"])["TINTYPE_RENDITIONS_URL"]
    key = f"{SAMPLES['{id}']}/3f9a/avif-320.avif"
    if not base.startswith(f"https://{public_host(template)}/"):
        yield f"renditions are promised at {base}, the distribution is {public_host(template)}"
    path = "/" + f"{base}/{key}".split("/", 3)[3]
    one = behaviour(template, path)
    bucket = template.variables(template.functions()["api"])["TINTYPE_RENDITIONS_BUCKET"]
    if (origin(template, one["TargetOriginId"]) or {}).get("DomainName") != f"<{template.named(bucket)}.RegionalDomainName>":
        yield f"{path} does not lead to the bucket of renditions"
    if (found := at_origin(template, one, path)) != f"/{key}":
        yield f"{path} asks the bucket for {found} instead of /{key}"


def a_rendition_is_kept_at_the_edge_for_a_day_and_no_longer(template):
    """The same for whoever asks, and gone soon after it was deleted."""
    kept = template.of("CloudFront::CachePolicy").get(template.named(behaviour(template, "/renditions/x")["CachePolicyId"]), {})
    given = kept.get("CachePolicyConfig", {})
    asked = given.get("ParametersInCacheKeyAndForwardedToOrigin", {})
    if not 3600 <= given.get("DefaultTTL", 0) <= given.get("MaxTTL", 0) <= 86400:
        yield f"the edge keeps renditions for {given.get('DefaultTTL')} to {given.get('MaxTTL')} seconds"
    behaviours = [asked.get(f"{what}sConfig", {}).get(f"{what}Behavior") for what in ("Cookie", "Header", "QueryString")]
    if behaviours != ["none"] * 3:
        yield f"a rendition is kept once for each cookie, header or query: {behaviours}"


def at_origin(template, one, path):
    """What the behaviour's function makes of a path, by running it."""
    for given in one.get("FunctionAssociations", []):
        if given["EventType"] == "viewer-request":
            function = template.of("CloudFront::Function")[template.named(given["FunctionARN"])]
            run = quickjs.Function("run", function["FunctionCode"] + "\nfunction run(uri) { return handler({request: {uri}}).uri; }")
            path = run(path)
    return path


def public_host(template):
    (distribution, _), = template.of("CloudFront::Distribution").items()
    given = config(template)
    return given["Aliases"][0] if given.get("Aliases") else f"<{distribution}.DomainName>"


def every_refusal_is_forgotten_at_once(template):
    given = {one["ErrorCode"]: one for one in config(template).get("CustomErrorResponses", [])}
    for status in sorted(KEPT):
        if given.get(status, {}).get("ErrorCachingMinTTL") != 0:
            yield f"a {status} is kept, and given to others"
        if "ResponsePagePath" in given.get(status, {}):
            yield f"a {status} of the API loses its problem"


def every_bucket_behind_the_distribution_admits_it_and_nobody_else(template):
    (id, _), = template.of("CloudFront::Distribution").items()
    arn = f"arn:aws:cloudfront::{template.ref('AWS::AccountId')}:distribution/<{id}>"
    page = config(template)["DefaultCacheBehavior"]["TargetOriginId"]
    for one in config(template)["Origins"]:
        bucket = template.named(one["DomainName"])
        if bucket not in template.of("S3::Bucket"):
            continue
        if template.named(one.get("OriginAccessControlId")) not in template.of("CloudFront::OriginAccessControl"):
            yield f"{one['Id']} is asked without a signature"
        wanted = {("s3:GetObject", f"<{bucket}.Arn>/*")} | ({("s3:ListBucket", f"<{bucket}.Arn>")} if one["Id"] == page else set())
        wanted = {(action, on.replace(f"<{bucket}.Arn>", template.attribute([bucket, "Arn"]))) for action, on in wanted}
        given = set(admitted(template, bucket, arn))
        yield from (f"{bucket} does not let the distribution {action}" for action, _ in wanted - given)
        yield from (f"{bucket} lets somebody {action} on {on}" for action, on in given - wanted)


def admitted(template, bucket, arn):
    for policy in template.of("S3::BucketPolicy").values():
        if template.named(policy["Bucket"]) == bucket:
            for statement in template.statements([policy]):
                condition = statement.get("Condition", {}).get("StringEquals", {}).get("aws:SourceArn")
                ours = statement["Principal"] == {"Service": "cloudfront.amazonaws.com"} and condition == arn
                if statement["Effect"] == "Allow":
                    yield from ((action, on if ours else "behalf of all") for action in statement["Action"] for on in statement["Resource"])


def the_page_may_send_originals_to_their_bucket_and_talk_to_nobody_else(template):
    bucket = template.variables(template.functions()["api"])["TINTYPE_ORIGINALS_BUCKET"]
    s3 = f"https://{bucket}.s3.{template.ref('AWS::Region')}.amazonaws.com"
    wanted = re.search(r'format!\(\s*"(default-src [^"]*)"', code("local/src/page.rs"))[1].replace("{s3_origin}", s3)
    given = headers(template, config(template)["DefaultCacheBehavior"])
    if given.get("ContentSecurityPolicy", {}).get("ContentSecurityPolicy") != wanted:
        yield f"the page's policy is {given.get('ContentSecurityPolicy')}, in local/src/page.rs it is {wanted}"
    rules = template.of("S3::Bucket")[template.named(bucket)].get("CorsConfiguration", {}).get("CorsRules", [])
    origins = [origin for rule in rules for origin in rule["AllowedOrigins"]]
    allowed = template.parameters["AllowedOrigins"]
    if origins != [f"https://{public_host(template)}", *filter(None, allowed.split(","))]:
        yield f"pages of {origins} may send originals, ours is {public_host(template)}, and allowed are {allowed or 'none'}"
    if template.variables(template.functions()["api"])["TINTYPE_ALLOWED_ORIGINS"] != allowed:
        yield "the API answers pages of other sites than the bucket"
    if not any(cors_methods() <= set(rule["AllowedMethods"]) and cors_headers() <= set(rule["AllowedHeaders"]) for rule in rules):
        yield f"the page may not {cors_methods()} with {cors_headers()}"
    others = [id for id in template.of("S3::Bucket") if "CorsConfiguration" in template.of("S3::Bucket")[id]]
    if others != [template.named(bucket)]:
        yield f"{others} answer to pages"


def cors_methods():
    """With which the page sends originals and looks at them, as the embedded S3 has it."""
    return set(re.findall(r"Method::([A-Z]+)", re.search(r"\.allow_methods\(\[(.*?)\]\)", code("local/src/s3/guard.rs"))[1]))


def cors_headers():
    """What a browser sends with a presigned PUT, as the embedded S3 has it."""
    allowed = re.search(r"\.allow_headers\(\[(.*?)\]\)", code("local/src/s3/guard.rs"))[1]
    words = re.findall(r'"([a-z0-9-]+)"|\b([A-Z_]+)\b', allowed)
    return {text or constant.lower().replace("_", "-") for text, constant in words}


def every_answer_says_that_it_is_what_it_says(template):
    given = config(template)
    for one in [given["DefaultCacheBehavior"], *given.get("CacheBehaviors", [])]:
        has, path = headers(template, one), one.get("PathPattern", "the page")
        if not has.get("ContentTypeOptions") or has.get("StrictTransportSecurity", {}).get("AccessControlMaxAgeSec", 0) < 31536000:
            yield f"{path} lacks nosniff or HSTS"
        if one["TargetOriginId"] == "api" and "ContentSecurityPolicy" in has:
            yield f"{path}: the policy of /docs is overwritten"
        if path.startswith("/renditions") and "sandbox" not in str(has.get("ContentSecurityPolicy")):
            yield f"{path} may be more than a picture"


def headers(template, one):
    policy = template.of("CloudFront::ResponseHeadersPolicy").get(template.named(one.get("ResponseHeadersPolicyId")), {})
    return policy.get("ResponseHeadersPolicyConfig", {}).get("SecurityHeadersConfig", {})


def the_distribution_waits_longer_than_the_api_and_shows_its_certificate(template):
    given = config(template)
    timeout = template.of("Lambda::Function")[template.functions()["api"]]["Timeout"]
    for one in given["Origins"]:
        if custom := one.get("CustomOriginConfig"):
            if custom.get("OriginReadTimeout", 30) <= timeout or custom["OriginProtocolPolicy"] != "https-only":
                yield f"{one['Id']} is cut off before it answers, or asked in clear"
    name, certificate = template.parameters["DomainName"], given["ViewerCertificate"]
    if bool(name) != ("AcmCertificateArn" in certificate) or (given.get("Aliases") or [""]) != [name]:
        yield f"{name or 'CloudFront’s own name'} is shown with {certificate}"
    if name and certificate.get("MinimumProtocolVersion") != "TLSv1.2_2021":
        yield "old TLS is spoken"


def the_outputs_tell_page_api_topic_and_the_key(template):
    told = {name: str(output["Value"]) for name, output in template.outputs.items()}
    host = f"https://{public_host(template)}"
    page = page_bucket(template)
    admin = re.search(r"<\w+>", template.variables(template.functions()["api"])["TINTYPE_ADMIN_KEY"])[0]
    wanted = {"PageUrl": f"{host}/", "ApiUrl": host, "PageBucketName": f"<{page}>",
              "ImagesTopicArn": template.variables(template.functions()["processor"])["TINTYPE_TOPIC_ARN"]}
    yield from (f"the output {name} is {told.get(name)} instead of {value}" for name, value in wanted.items() if told.get(name) != value)
    if f"--secret-id {admin} " not in told.get("AdminKeyCommand", ""):
        yield "the output AdminKeyCommand shows another secret"
    if f"s3://<{page}>" not in told.get("PublishPageCommand", ""):
        yield "the output PublishPageCommand copies the page elsewhere"
