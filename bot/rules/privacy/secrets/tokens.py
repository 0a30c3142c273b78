"""Floor 1: tokens that name their provider by themselves. One line per format; a new provider is a new line.

The formats are the providers' own documentation. `Token` shapes are explained in `shape.py`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Token:
    """A self-identifying format. `entropy`: the least, in bits per character of the whole value.

    `digit`: names in code look like it, so a value without a digit does not count.
    """

    id: str
    shapes: tuple[str, ...]
    entropy: float
    digit: bool


def _token(id_: str, *shapes: str, entropy: float = 2.5, digit: bool = False) -> Token:
    return Token(id_, shapes, entropy, digit)


TOKENS: tuple[Token, ...] = (
    # Sourcegraph: access tokens, licence-generated, dotcom user and product-subscription tokens
    _token("sourcegraph-access-token", "sgp_<h40>", "sgp_<h16>_<h40>", "sgp_local_<h40>", "sgph_<h40>"),
    _token("sourcegraph-access-token", "sgph_<h16>_<h40>", "sgph_local_<h40>"),
    _token("sourcegraph-access-token", "sgp_<H40>", "sgp_<H16>_<H40>", "sgp_local_<H40>"),
    _token("sourcegraph-product-subscription", "sgs_<H64>", "slk_<H64>", "sgd_<H64>", "sgv_<H64>"),
    _token("sourcegraph-license-key", "eyJzaWciOns<e40,>", "eyJzaWciOns<B40,>"),
    # code hosts
    _token(
        "github-token", "ghp_<w36,255>", "gho_<w36,255>", "ghu_<w36,255>", "ghs_<w36,255>", "ghr_<w36,255>"
    ),
    _token("github-fine-grained", "github_pat_<b60,120>"),
    _token("gitlab-pat", "glpat-<b20,22>", "glpat-<b27,300>.<l2>.<l9>", "glpat-<b27,300>.<l9>"),
    _token("gitlab-deploy", "gldt-<b20,64>", "glft-<b20,64>", "glsoat-<b20,64>", "glrt-<b20,64>"),
    _token("gitlab-routable", "glrt-t<d1>_<b27,300>.<l9>", "glrt-t<d1>_<b27,300>.<l2>.<l9>"),
    _token(
        "gitlab-job", "glcbt-<w1,5>_<b20,64>", "glptt-<h40>", "GR1348941<b20>", "glffct-<b20>", "glimt-<b25>"
    ),
    _token("gitlab-agent", "glagent-<b50,64>", "gloas-<b64>", "glwt-<b20,64>", "_gitlab_session=<l32>"),
    _token("bitbucket-app-password", "ATBB<w32>"),
    _token("bitbucket-access-token", "ATCTT3xFfG<E150,220>", "BBDC-<B44>"),
    _token("atlassian-api-token", "ATATT3<e140,260>", "ATSTT3<e140,260>", "ATOAT<e60,260>"),
    _token("gitea-token", "gta_<h40>"),
    # clouds
    _token(
        "aws-access-key-id", "AKIA<t16>", "ASIA<t16>", "ABIA<t16>", "ACCA<t16>", "A3T<u1><t16>", entropy=3
    ),
    _token("aws-bedrock-key", "ABSK<B109,269>", "bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t<B20,>"),
    _token("aws-mws", "amzn.mws.<h8>-<h4>-<h4>-<h4>-<h12>"),
    _token("gcp-api-key", "AIza<b35>", entropy=3.5),
    _token("google-oauth", "GOCSPX-<b28>", "ya29.<b20,>", "1//0<b30,120>", "ya29.c.<b20,>"),
    _token("google-oauth-client", "<d10,16>-<l32>.apps.googleusercontent.com"),
    _token("azure-ad-client-secret", "<T3><d1>Q~<T31,34>", entropy=3),
    _token("azure-devops-pat", "<w52>JQQJ99<w18>AZDO<w4>", "<w76>AZDO<w4>"),
    _token(
        "azure-key", "<w76>APIM<w5>", "<B76>+ASt<B6>==", "<B33>AIoT<B5>=", "<B33>+ASb<B5>=", "<B33>+AEh<B5>="
    ),
    _token("azure-key-function", "<b44>AzFu<b5>==", "<w42>AzSe<w5,6>", "<B76>ACDb<B6>=="),
    _token("alibaba-key-id", "LTAI<w20>", "LTAI<w12>"),
    _token("tencent-secret-id", "AKID<w32>"),
    _token("digitalocean", "dop_v1_<h64>", "doo_v1_<h64>", "dor_v1_<h64>"),
    _token("linode-hetzner", "linode_pat_<h64>", "hcloud_<w64>"),
    _token("scaleway", "SCW<u17>"),
    _token("yandex", "t1.<b20,>.<b86>", "AQVN<b35,38>", "y0_<b55,60>", "y1_<b55,60>", entropy=3.5),
    _token("fly-io", "fo1_<b43>", "fm1a_<B100,>", "fm1r_<B100,>", "fm2_<B100,>", entropy=3.5),
    _token("heroku", "HRKU-AA<b58>", "HRKU-<h8>-<h4>-<h4>-<h4>-<h12>"),
    _token("render-railway", "rnd_<w24,32>", "rlwy_<w32,64>"),
    _token("vercel", "vcp_<w50,64>", "vci_<w50,64>", "vca_<w50,64>", "vcr_<w50,64>", "vck_<w50,64>"),
    _token("netlify", "nfp_<w36>", "nfc_<w36>", "nfo_<w36>", "nfb_<w36>", "nfu_<w36>"),
    _token("cloudflare-origin-ca", "v1.0-<h24>-<h146>"),
    _token("cloudflare-user-token", "cfut_<w32,64>", "cfat_<w32,64>", "cfk_<w32,64>"),
    _token("clickhouse-cloud", "4b1d<w38>", entropy=3),
    _token("databricks", "dapi<h32>", "dapi<h32>-<d1>", "dose<h32>", "dsapi<h32>", "dkea<h32>"),
    _token("planetscale", "pscale_tkn_<E32,64>", "pscale_oauth_<E32,64>", "pscale_pw_<E32,64>"),
    _token(
        "supabase", "sbp_<h40>", "sb_secret_<b31>", "sb_publishable_<b31>", "sbp_oauth_<h40>", "sbp_v0_<h40>"
    ),
    _token("neon-turso-xata", "napi_<l40,80>", "xau_<w32>", "xata_<w32>"),
    _token("mongodb-atlas", "mdb_sa_sk_<b40>", "mdb_sa_id_<h24>"),
    _token("aiven-upstash", "AVNS_<b19>"),
    _token("snowflake-pat", "eyJraWQiOi<b20,>.<b20,>.<b20,>"),
    # messaging and mail
    _token(
        "slack-token",
        "xoxb-<d8,14>-<w18,40>",
        "xoxb-<d10,13>-<d10,13>-<w18,40>",
        "xoxb-<d10,13>-<d10,13><w6,40>",
    ),
    _token(
        "slack-token", "xoxp-<d10,13>-<d10,13>-<d10,13>-<w28,34>", "xoxe-<d10,13>-<d10,13>-<d10,13>-<w28,34>"
    ),
    _token("slack-token", "xoxo-<d1,>-<d1,>-<d1,>-<H6,>", "xoxs-<d1,>-<d1,>-<d1,>-<H6,>", "xoxd-<P40,>"),
    _token(
        "slack-token", "xoxa-<w8,48>", "xoxr-<w8,48>", "xoxa-<d1>-<w8,48>", "xoxr-<d1>-<w8,48>", "xoxc-<b30,>"
    ),
    _token(
        "slack-token",
        "xapp-<d1>-<u6,>-<d6,>-<l20,>",
        "xapp-<d1>-<w6,>-<d6,>-<w20,>",
        "xwfp-<w8,>-<w8,>-<w20,>",
    ),
    _token(
        "slack-config-token", "xoxe-<d1>-<w146>", "xoxe.xoxp-<d1>-<w160,170>", "xoxe.xoxb-<d1>-<w160,170>"
    ),
    _token("slack-webhook", "hooks.slack.com/services/<B40,60>", "hooks.slack.com/workflows/<B40,60>"),
    _token(
        "slack-webhook",
        "hooks.slack.com/triggers/<B40,60>",
        "hooks.slack.com/workflows/<B40,60>/<d10,>/<w20,>",
    ),
    _token(
        "discord-webhook",
        "discord.com/api/webhooks/<d17,20>/<b60,72>",
        "discordapp.com/api/webhooks/<d17,20>/<b60,72>",
    ),
    _token(
        "teams-webhook",
        ".webhook.office.com/webhookb2/<l8>-<l4>-<l4>-<l4>-<l12>@<l8>-<l4>-<l4>-<l4>-<l12>/IncomingWebhook/"
        "<l32>/<l8>-<l4>-<l4>-<l4>-<l12>",
        ".webhook.office.com/webhookb2/<l8>-<l4>-<l4>-<l4>-<l12>",
    ),
    _token("google-chat-webhook", "chat.googleapis.com/v1/spaces/<w8,14>/messages?key=<b35,45>"),
    _token("zapier-ifttt-webhook", "hooks.zapier.com/hooks/catch/<d4,>/<w6,>"),
    _token("telegram-bot", "<d8,10>:AA<b33>", entropy=3.5),
    _token("sendgrid", "SG.<E66>", "SG.<b22>.<b43>", entropy=3),
    _token("sendinblue", "xkeysib-<h64>-<w16>", "xsmtpsib-<h64>-<w16>"),
    _token("mailgun", "key-<h32>", "pubkey-<h32>"),
    _token("mailchimp", "<h32>-us<d1,2>"),
    _token("twilio", "SK<h32>", "SK<H32>", entropy=3),
    _token("resend-postmark-loops", "re_<w8>_<w24>", "re_<w24,36>", digit=True),
    _token("vonage-plivo-courier", "pk_prod_<u28>", "dk_prod_<u28>"),
    # payments and shops
    _token("stripe", "sk_live_<w10,247>", "sk_test_<w10,247>", "sk_prod_<w10,247>", "whsec_<w24,64>"),
    _token("stripe", "rk_live_<w10,247>", "rk_test_<w10,247>", "rk_prod_<w10,247>", "sk_org_<w10,247>"),
    _token("square", "sq0atp-<b22,60>", "sq0csp-<b43>", "EAAA<b22,60>", entropy=3.5),
    _token("shopify", "shpat_<H32>", "shpca_<H32>", "shppa_<H32>", "shpss_<H32>", "shptka_<H32>"),
    _token("braintree", "access_token$production$<l16>$<h32>", "access_token$sandbox$<l16>$<h32>"),
    _token(
        "plaid", "access-sandbox-<h8>-<h4>-<h4>-<h4>-<h12>", "access-production-<h8>-<h4>-<h4>-<h4>-<h12>"
    ),
    _token("plaid", "access-development-<h8>-<h4>-<h4>-<h4>-<h12>"),
    _token("adyen-razorpay", "AQE<l1>hm<B20,>", "rzp_live_<w14>", "rzp_test_<w14>", entropy=3),
    _token(
        "flutterwave", "FLWSECK_TEST-<w12>", "FLWPUBK_TEST-<w32>-X", "FLWSECK_TEST-<w32>-X", "FLWSECK-<w32>-X"
    ),
    _token("easypost", "EZAK<w54>", "EZTK<w54>"),
    _token(
        "shippo-lob-duffel",
        "shippo_live_<H40>",
        "shippo_test_<H40>",
        "duffel_test_<e43>",
        "duffel_live_<e43>",
    ),
    _token("lob", "live_<h35>", "test_<h35>", "live_pub_<h31>", "test_pub_<h31>"),
    _token("gocardless", "live_<e40>", "sandbox_<e40>", digit=True),
    _token("checkout-com", "sk_sbox_<b26,40>"),
    _token("coinbase-cdp", "organizations/<h8>-<h4>-<h4>-<h4>-<h12>/apiKeys/<h8>-<h4>-<h4>-<h4>-<h12>"),
    # registries and build
    _token("npm", "npm_<w36>"),
    _token("pypi", "pypi-AgEIcHlwaS5vcmc<b50,1000>", "pypi-AgENdGVzdC5weXBpLm9yZw<b50,1000>"),
    _token("rubygems", "rubygems_<h48>"),
    _token("crates-clojars", "cio<w32>", "CLOJARS_<w60>", entropy=3.5),
    _token("nuget", "oy2<l43>"),
    _token("docker", "dckr_pat_<b27,32>", "dckr_oat_<b32>"),
    _token("jfrog", "AKCp<w69>", "cmVmd<w59>", entropy=3.5),
    _token("terraform-cloud", "<w14>.atlasv1.<e60,70>", entropy=3.5),
    _token("vault", "hvs.<b90,120>", "hvb.<b138,300>", "hvr.<b90,120>"),
    _token("vault", "hvs.<w24>", "s.<w24>", entropy=3.5, digit=True),
    _token("pulumi", "pul-<h40>"),
    _token(
        "doppler", "dp.pt.<w40,44>", "dp.st.<w40,44>", "dp.sa.<w40,44>", "dp.ct.<w40,44>", "dp.scim.<w40,44>"
    ),
    _token("doppler", "dp.st.<l2,35>.<w40,44>", "dp.audit.<w40,44>", "dp.said.<w40,44>"),
    _token("circleci", "CCIPAT_<w22>_<h40>", "CCIPRJ_<w22>_<h40>"),
    _token("buildkite", "bkua_<h40>", "bkct_<w30,>", "bkaj_<w30,>"),
    _token("harness", "pat.<b22>.<w24>.<w20>", "sat.<b22>.<w24>.<w20>"),
    _token("octopus-deploy", "API-<u26>", "API-<u25>", entropy=3),
    _token("prefect-dagster", "pnu_<w36>", "pnb_<w36>"),
    _token("sonar", "sqp_<h40>", "squ_<h40>", "sqa_<h40>"),
    _token("snyk", "snyk_uat.<h8>.<b20,>"),
    _token("infracost", "ico-<w32>", entropy=3),
    _token("scalr-spacelift-env0", "scalr-<w40,>"),
    _token("argocd-openshift", "sha256~<b43>", entropy=3.5),
    _token(
        "rancher-kubeconfig", "kubeconfig-user-<l5,20>:<l54>", "kubeconfig-u-<l10>:<l54>", "token-<l5>:<l54>"
    ),
    _token("tailscale", "tskey-auth-<w8,>-<w20,>", "tskey-api-<w8,>-<w20,>", "tskey-client-<w8,>-<w20,>"),
    _token("tailscale", "tskey-webhook-<w8,>-<w20,>", "tskey-scim-<w8,>-<w20,>", "tskey-<w10,>-<w20,>"),
    _token("ngrok", "ngrok_<w20,>"),
    _token("defined-networking", "dnkey-<e26>-<e52>"),
    # observability
    _token("grafana", "glsa_<w32>_<H8>", "glc_<B32,400>", "glc_<B32,400>==", "eyJrIjoi<w70,400>"),
    _token("sentry", "sntryu_<h64>", "sntrys_eyJpYXQiO<B20,400>_<B43>", "sntrys_eyJpYXQiO<B20,400>=_<B43>"),
    _token("sentry", "sntrys_eyJpYXQiO<B20,400>==_<B43>"),
    _token(
        "new-relic", "NRAK-<u27>", "NRII-<b32>", "NRJS-<h19>", "NRRA-<h42>", "NRSP-<l2><u21>", "NRAK-<l27>"
    ),
    _token("new-relic-ingest", "<h36>FFFFNRAL", "NRIQ-<b32>", "NRII-<l32>"),
    _token("dynatrace", "dt0c01.<w24>.<w64>", "dt0s16.<w8,24>.<w64>", "dt0s01.<w8,24>.<w64>"),
    _token("datadog", "ddapp_<w34,64>", "pub<h32>"),
    _token("honeycomb-axiom", "hcaik_<w58>", "hcamk_<w58>", "hcxik_<l58>", "xaat-<h8>-<h4>-<h4>-<h4>-<h12>"),
    _token("posthog-segment", "phc_<w39,46>", "phx_<w39,46>", "sgp_<w60,64>"),
    _token("logfire-rollbar", "pylf_v1_us_<w40,>", "pylf_v1_eu_<w40,>"),
    _token(
        "launchdarkly",
        "sdk-<h8>-<h4>-<h4>-<h4>-<h12>",
        "mob-<h8>-<h4>-<h4>-<h4>-<h12>",
        "api-<h8>-<h4>-<h4>-<h4>-<h12>",
    ),
    _token("pagerduty", "pdus+_<b20,>"),
    _token("statsig-split", "secret-<w43,>", entropy=4, digit=True),
    # work tools
    _token("linear", "lin_api_<w40>", "lin_oauth_<h64>", "lin_wh_<w40>"),
    _token("notion", "ntn_<d11><w35>", "secret_<w43>", entropy=3.5, digit=True),
    _token("airtable", "pat<w14>.<h64>"),
    _token("figma", "figd_<b40,43>", "figdr_<b40,43>", "figu_<b40,43>"),
    _token("clickup-monday", "pk_<d7,8>_<u32>"),
    _token("typeform", "tfp_<E40,59>", "tfp_<b44>_<w14>"),
    _token("postman", "PMAK-<H24>-<H34>", "PMAT-<u26>"),
    _token("readme-io", "rdme_<l70>"),
    _token("contentful-sanity", "CFPAT-<b43>"),
    _token("frame-io", "fio-u-<e64>"),
    _token("miro-canva-loom", "cnvca<b50,60>"),
    _token("hubspot", "pat-na1-<h8>-<h4>-<h4>-<h4>-<h12>", "pat-eu1-<h8>-<h4>-<h4>-<h4>-<h12>"),
    _token("intercom-zendesk", "dG9rO<B54,60>="),
    _token("1password", "A3-<u6>-<u11>-<u5>-<u5>-<u5>", "A3-<u6>-<u6>-<u5>-<u5>-<u5>-<u5>", entropy=3.3),
    _token("1password-service", "ops_eyJ<B200,>"),
    _token("age-secret-key", "AGE-SECRET-KEY-1<u58>"),
    _token(
        "authress", "sc_<l5,30>.<l4,6>.acc-<b10,32>.<E30,120>", "ext_<l5,30>.<l4,6>.acc-<b10,32>.<E30,120>"
    ),
    _token(
        "authress",
        "authress_<l5,30>.<l4,6>.acc-<b10,32>.<E30,120>",
        "scauth_<l5,30>.<l4,6>.acc-<b10,32>.<E30,120>",
    ),
    _token(
        "authress", "sc_<l5,30>.<l4,6>.acc_<b10,32>.<E30,120>", "ext_<l5,30>.<l4,6>.acc_<b10,32>.<E30,120>"
    ),
    _token("workos-clerk", "sk_live_<b20,>", "sk_test_<b20,>"),
    _token("adobe", "p8e-<w32>", "p8e-<b32>"),
    _token("maxmind", "<w6>_<w29>_mmk", entropy=3.5),
    _token("mapbox", "pk.<w60>.<b22>", "sk.eyJ<w40,>.<b22>", "pk.eyJ<w40,>.<b22>", "tk.eyJ<w40,>.<b22>"),
    _token("facebook", "EAAM<w100,>", "EAAC<w100,>", "EAAB<w60,>", "EAACEdEose0cBA<w20,>", entropy=3.5),
    _token("instagram-threads", "IGQV<b100,>", "IGAA<b100,>", "THAA<b100,>"),
    _token("twitter-bearer", "AAAAAAAAAAAAAAAAAAAAA<P60,120>"),
    _token("dropbox", "sl.<e130,152>", "sl.u.<b100,>", "<w11>AAAAAAAAAA<b43>"),
    _token("settlemint", "sm_aat_<w16>", "sm_pat_<w16>", "sm_sat_<w16>"),
    _token("scalingo", "tk-us-<b48>"),
    _token("intra42", "s-s4t2ud-<h64>", "s-s4t2af-<h64>"),
    # models
    _token(
        "openai", "sk-<w20>T3BlbkFJ<w20>", "sk-proj-<b40,200>", "sk-svcacct-<b40,200>", "sk-admin-<b40,200>"
    ),
    _token("openai", "sk-None-<b40,200>", "sk-<w48>", digit=True),
    _token(
        "anthropic",
        "sk-ant-api03-<b80,110>",
        "sk-ant-admin01-<b80,110>",
        "sk-ant-oat01-<b60,110>",
        "sk-ant-<b40,120>",
    ),
    _token("huggingface", "hf_<a34>", "hf_<w34>", "api_org_<a34>", "hf_oauth_<b40,>", entropy=3),
    _token("replicate-groq-xai", "r8_<w37>", "gsk_<w52>", "xai-<w80>", "pplx-<w48>", "pplx-<l56>"),
    _token(
        "openrouter-fireworks",
        "sk-or-v1-<h64>",
        "fw_<w22,28>",
        "tgp_v1_<b43>",
        "csk-<l48>",
        "lsv2_pt_<h32>_<h10>",
    ),
    _token(
        "langchain-nvidia",
        "lsv2_sk_<h32>_<h10>",
        "nvapi-<b60,70>",
        "sk-lf-<h8>-<h4>-<h4>-<h4>-<h12>",
        "pa-<b43>",
        digit=True,
    ),
    _token("elevenlabs-deepseek", "sk_<h48>", "sk-<h32>", entropy=3, digit=True),
    _token(
        "cerebras-weaviate", "jina_<w60>", "pcsk_<w5,6>_<w63>", "tvly-<w32>", "tvly-dev-<w32>", "fc-<h32>"
    ),
    _token("vector-search", "AstraCS:<w24>:<h64>", "wandb_v1_<b40,>", "e2b_<h40>"),
)
