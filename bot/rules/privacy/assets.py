"""Floor 1: cloud ids, home folders and directory entries: names of people and accounts inside paths and
identifiers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import re2

from bot.rules.privacy.finding import Hit
from bot.rules.privacy.first_names import FIRST_NAMES
from bot.rules.privacy.listed import listed
from bot.rules.privacy.normalise import View

_ARN = re2.compile(rb"\barn:aws[\w-]*:[a-z0-9-]*:[a-z0-9-]*:(\d{12})?:[\w/:.*+=,@-]+")
_ACCOUNT = re2.compile(
    rb"(?i)\b(?:aws|account|acct)(?:[ _-]?(?:account|id|number|no))*[\"'`]?\s{0,2}(?:=|:|#|\bis\b)"
    rb"?\s{0,2}[\"'`(]{0,2}(\d{12}|\d{4}-\d{4}-\d{4})\b"
)
_ECR = re2.compile(rb"\b(\d{12})\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:/[\w./-]+)?")
_RESOURCE = re2.compile(
    rb"\b(?:i|vpc|subnet|sg|vol|snap|eni|eipalloc|igw|nat|rtb|acl|tgw|lt|fs|pcx|vpce|ami)-(?:[0-9a-f]{17}"
    rb"|[0-9a-f]{8})\b"
)
_BUCKET = re2.compile(rb"\b(?:s3a?|gs|abfss?|wasbs?)://([a-z0-9][a-z0-9._@-]{2,90})[\w/.=-]*")
_GCP = re2.compile(rb"\bprojects/([a-z][a-z0-9-]{4,28}[a-z0-9])(?:/[\w./-]+)?")
_GCP_CUE = re2.compile(
    rb"(?i)\b(?:gcp|google cloud|gcloud|gke|bigquery)?[ _-]?project(?:[ _-]?(?:id|number))"
    rb"?[\"'`]?\s{0,2}(?:=|:|\bis\b|--project[= ]|\s)\s{0,2}[\"'`]{0,2}([a-z][a-z0-9-]{4,28}-\d{3,12})\b"
    rb"|--project[= ]([a-z][a-z0-9-]{4,28}[a-z0-9])\b"
)
_GKE_CONTEXT = re2.compile(rb"\bgke_([a-z][a-z0-9-]{4,40})_[a-z0-9-]+_[\w-]+")
_GCP_ACCOUNT = re2.compile(
    rb"\b[a-z0-9-]{1,40}@[a-z0-9-]{1,40}\.iam\.gserviceaccount\.com\b|\b[a-z0-9-]{1,40}@(?:developer"
    rb"|appspot)\.gserviceaccount\.com\b"
)
_GCR = re2.compile(
    rb"\b(?:(?:us|eu|asia)\.)?gcr\.io/([a-z][a-z0-9-]{3,40})/[\w./-]+|\b[a-z0-9-]+-docker\.pkg\.dev/"
    rb"([a-z][a-z0-9-]{3,40})/[\w./-]+"
)
_AZURE = re2.compile(rb"(?i)/subscriptions/[0-9a-f]{8}-[0-9a-f-]{27}(?:/[\w./%-]+)?")
_AZURE_ID = re2.compile(
    rb"(?i)\b(?:tenant|subscription|directory|azure_client|aad)[ _-]?(?:guid|uuid|id)?[\"'`]?\s{0,2}(?:=|:"
    rb"|\bis\b)?\s{0,2}[\"'`(]{0,2}([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b"
    rb"|(?:login\.microsoftonline\.com|sts\.windows\.net)/"
    rb"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
)
_CLOUD_KEYED = re2.compile(
    rb"(?i)\b(?:okta|workspace|slack|salesforce|sfdc|org(?:anization)?|billing)[ _-]?(?:account|team|org"
    rb"|customer|app)?[ _-]?id[\"'`]?\s{0,2}(?:=|:|\bis\b)\s{0,2}[\"'`]?([0-9A-Za-z][0-9A-Za-z-]{8,36})\b"
)
_DOCUMENTED = frozenset(
    (
        "123456789012",
        "111122223333",
        "444455556666",
        "000000000000",
        "111111111111",
        "222222222222",
        "333333333333",
        "999999999999",
        "012345678901",
        "210987654321",
        "1234-5678-9012",
    )
)
_PUBLIC_PROJECTS = (
    "sourcegraph",
    "google",
    "gke-release",
    "k8s",
    "kubernetes",
    "cloud-builders",
    "distroless",
    "my-",
    "your-",
    "example",
    "test-project",
    "project-id",
    "myproject",
)

_HOME = re2.compile(
    rb"(?:/home/|/Users/|/export/home/|/usr/home/|/homes/|(?i:\b[a-z]:)[\\/]{1,2}(?i:users|documents and "
    rb"settings)[\\/]{1,2})([A-Za-z0-9][\w.+@-]{1,40})"
)
_NOT_A_PERSON = listed("""
    user users username ubuntu ec2-user ec2user centos debian fedora vagrant sourcegraph sg root runner
    runneradmin circleci vsts app appuser node git github gitlab gitlab-runner jenkins build builder
    builduser buildkite-agent buildkite ci admin administrator name you me foo bar baz shared public default
    guest test tester dev developer docker podman www www-data nginx apache postgres postgresql mysql redis
    nobody nonroot opc azureuser adminuser coder vscode codespace gitpod jovyan pi travis runneruser work
    workspace home your myuser youruser your-user your_user all users1 python go rust java deploy deployer
    service svc sysadmin ops operator linuxbrew alice bob charlie john jane jdoe johndoe someone somebody
    person example perforce p4 p4admin superuser student lib bin etc var tmp opt src data backup bitbucket
    rails ruby app-user container steam elastic kibana grafana prometheus
    """)
_DN = re2.compile(
    rb"(?i)\b(?:cn|uid|ou|sAMAccountName)=[^,;=\n\"'`<>()]{1,60}(?:,\s?(?:cn|uid|ou|dc|o|c|l|st|street)"
    rb"=[^,;=\n\"'`<>()]{1,60}){1,12}"
)
_DN_PUBLIC = re2.compile(
    r"(?i)dc=(?:example|planetexpress|domain|company|mycompany|yourcompany|acme|foo|test|sourcegraph)\b"
    r"|o=(?:let's encrypt|digicert|google|amazon|cloudflare|globalsign|acme)\b"
)
_ACCOUNT_NAME = re2.compile(
    rb"(?i)\b(?:samaccountname|userprincipalname|upn|login|username|user|userid|user_name|actor|author"
    rb"|owner|assignee|uid|nameid|subject|sub|preferred_username|remote_user|x-forwarded-user|logged in as"
    rb"|run as|account)[\"'`]?(?:=|: ?|\s{1,2})[\"'`]?((?:[A-Za-z0-9-]{2,20}\\)"
    rb"?[a-z][a-z0-9]{0,20}(?:[._][a-z0-9]{1,20}){1,2}\d{0,3}|[a-z]{2,14}\d{2,5})(?:[\"'`\s,;)&]|$)"
)


def asset_hits(view: View, names_customer: Callable[[str], bool]) -> Iterator[Hit]:
    """Every cloud id, home folder, directory entry and account name of a text."""
    data = view.data
    yield from _cloud(view, names_customer)
    for match in _HOME.finditer(data) if any(w in view.low for w in ("/home", "users", "settings")) else ():
        user = match.group(1).decode().lower()
        if (
            user not in _NOT_A_PERSON
            and not user.startswith(("your", "my-", "example"))
            and not _is_file(user)
        ):
            yield Hit("home-folder", "home_path", match.start(), match.end())
    if b"=" in data and any(w in view.low for w in ("cn=", "uid=", "ou=", "samaccountname=")):
        for match in _DN.finditer(data):
            text = view.text[slice(*match.span())].rstrip()
            if not _DN_PUBLIC.search(text) and (
                "dc=" in text.lower() or "ou=" in text.lower() or "uid=" in text.lower()
            ):
                yield Hit("directory-entry", "directory", match.start(), match.start() + len(text))
    for match in _ACCOUNT_NAME.finditer(data):
        start, end = match.span(1)
        user = view.low[start:end]
        if user.split("\\")[-1] not in _NOT_A_PERSON and not _is_file(user):
            parts = user.split("\\")[-1].replace("_", ".").split(".")
            yield Hit("account-name", "person", start, end, sure=any(p in FIRST_NAMES for p in parts))


def _is_file(name: str) -> bool:
    return name.endswith(
        (
            ".go",
            ".ts",
            ".js",
            ".py",
            ".md",
            ".json",
            ".yaml",
            ".yml",
            ".sh",
            ".com",
            ".org",
            ".io",
            ".net",
            ".html",
            ".rs",
            ".tsx",
        )
    )


def _cloud(view: View, names_customer: Callable[[str], bool]) -> Iterator[Hit]:
    data, low = view.data, view.low
    for match in _ARN.finditer(data) if "arn:" in low else ():
        account = match.group(1)
        if (account and account.decode() not in _DOCUMENTED) or names_customer(
            view.low[slice(*match.span())]
        ):
            yield Hit("aws-arn", "cloud_id", *match.span())
    for match in _ACCOUNT.finditer(data) if "aws" in low or "acc" in low else ():
        if match.group(1).decode() not in _DOCUMENTED:
            yield Hit("aws-account", "cloud_id", *match.span(1))
    for match in _ECR.finditer(data) if ".dkr." in low else ():
        if match.group(1).decode() not in _DOCUMENTED:
            yield Hit("aws-registry", "cloud_id", *match.span())
    for match in _RESOURCE.finditer(data):
        if len(set(match.group().split(b"-")[1])) > 4 and not (
            match.start() and data[match.start() - 1 : match.start()] in b"-_./"
        ):
            yield Hit("aws-resource", "cloud_id", *match.span())
    for match in _BUCKET.finditer(data) if "://" in low else ():
        bucket = match.group(1).decode()
        if not bucket.startswith((*_PUBLIC_PROJECTS, "bucket", "some-")):
            yield Hit("bucket", "cloud_id", *match.span())
    if not any(w in low for w in ("project", "gcr.io", "pkg.dev")):
        patterns: tuple[tuple[re2._Regexp[bytes], str], ...] = ()
    else:
        patterns = ((_GCP, "gcp-project"), (_GCP_CUE, "gcp-project"), (_GCR, "gcp-registry"))
    for pattern, rule in patterns:
        for match in pattern.finditer(data):
            group = 1 if match.span(1) != (-1, -1) else 2
            project = match.group(group).decode()
            if project.startswith(_PUBLIC_PROJECTS) or (
                pattern is _GCP and not (any(c.isdigit() for c in project) or names_customer(project))
            ):
                continue
            start, end = match.span(group) if pattern is not _GCR else match.span()
            yield Hit(rule, "cloud_id", start, end)
    for match in _GKE_CONTEXT.finditer(data) if "gke_" in low else ():
        if not match.group(1).decode().startswith(_PUBLIC_PROJECTS):
            yield Hit("gke-context", "cloud_id", *match.span())
    for match in _GCP_ACCOUNT.finditer(data) if "gserviceaccount" in low else ():
        if b"@sourcegraph" not in match.group():
            yield Hit("gcp-service-account", "email", *match.span())
    for match in _AZURE.finditer(data) if "/subscriptions/" in low else ():
        if b"00000000-0000" not in match.group():
            yield Hit("azure-subscription", "cloud_id", *match.span())
    for match in (
        _AZURE_ID.finditer(data)
        if any(
            w in low
            for w in ("tenant", "subscription", "directory", "aad", "microsoftonline", "azure_client", "sts.")
        )
        else ()
    ):
        group = 1 if match.span(1) != (-1, -1) else 2
        if not match.group(group).startswith(b"00000000"):
            yield Hit("azure-tenant", "cloud_id", *match.span(group))
    for match in _CLOUD_KEYED.finditer(data) if "id" in low else ():
        value = match.group(1)
        if any(48 <= c < 58 for c in value) and any(65 <= c < 91 for c in value):
            start, end = match.span(1)
            yield Hit("saas-account", "cloud_id", start, end, sure=False)


#: what this module finds, the found part in «»; and what it leaves alone. Both run as tests.
MATCHES = (
    "role «arn:aws:iam::482915730164:role/Sourcegraph»",
    "AWS account «482915730164»",
    "instance «i-0a1b2c3d4e5f67890»",
    "«s3://quandel-backups/dump.sql»",
    "GCP project «quandel-prod-417203»",
    "«/subscriptions/5f2c1b8e-9a3d-4c7e-8b1f-0d2e3f4a5b6c/resourceGroups/rg»",
    "tenant id: «5f2c1b8e-9a3d-4c7e-8b1f-0d2e3f4a5b6c»",
    "log in «/home/mnowak»/work",
    "«C:\\Users\\mnowak»\\AppData",
    "«CN=Marta Nowak,OU=Eng,DC=quandel,DC=corp»",
)
IGNORES = (
    "arn:aws:iam::123456789012:role/Example",
    "/home/sourcegraph/repos",
    "C:\\Users\\user\\src",
    "dc=example,dc=com",
    "trace 5f2c1b8e-9a3d-4c7e-8b1f-0d2e3f4a5b6c",
    "us.gcr.io/sourcegraph-dev/executor:9ccbf0876f9d",
    "projects/CORE/repos/risk",
)
