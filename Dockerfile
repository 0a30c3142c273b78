# syntax=docker/dockerfile:1
# rfh-bot, with everything it can use: Postgres, the privacy scanner, reports.
# Bases are pinned by digest; docs/deploy.md tells how to check one and take a newer one.
ARG PYTHON=docker.io/library/python:3.13.15-slim-trixie@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b

FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
RUN python -m venv --without-pip /opt/rfh-bot
COPY requirements-image.lock requirements-build.lock ./
# Wheels alone, each checked by its hash: nothing that is downloaded runs while it is installed.
RUN pip --python /opt/rfh-bot/bin/python install --require-hashes --only-binary :all: -r requirements-image.lock \
 && pip install --require-hashes --only-binary :all: -r requirements-build.lock
COPY pyproject.toml README.md LICENSE app-manifest.json ./
COPY examples/workflows examples/workflows
COPY bot bot
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /dist . \
 && pip --python /opt/rfh-bot/bin/python install --no-deps --no-index /dist/*.whl

FROM ${PYTHON}
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin rfh-bot \
 && install --directory --owner=10001 --group=10001 --mode=0700 /data
COPY --from=build /opt/rfh-bot /opt/rfh-bot
ENV PATH=/opt/rfh-bot/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    RFH_BOT_DATABASE_URL=sqlite:////data/rfh-bot.sqlite3
USER 10001:10001
# The one place that is written to, besides /tmp: run it with a read-only root.
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-I", "-c", "import os, urllib.request as u; u.build_opener(u.ProxyHandler({})).open(f\"http://127.0.0.1:{os.environ.get('PORT') or 8080}/healthz\", timeout=4)"]
ENTRYPOINT ["rfh-bot"]
CMD ["serve"]
