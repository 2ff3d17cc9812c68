# One image for web, workers, scheduler and every command: `docker run helix-mission-control worker all`.
# compose.yaml runs a whole installation of it; docs/operations.md says more.

FROM python:3.12-slim-trixie AS packages
WORKDIR /opt/helix
COPY requirements.txt ./
# Every package by its hash, and none built here: the compiler stays out of the image.
RUN python -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary :all: \
       -r requirements.txt \
    && .venv/bin/pip uninstall --yes --quiet pip

FROM python:3.12-slim-trixie
# pg_dump and pg_restore for `helix backup`; tini passes SIGTERM to the main process alone, which stops its own children.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin helix \
    && install --directory --owner helix --group helix --mode 0700 /var/lib/helix
WORKDIR /opt/helix
COPY --from=packages /opt/helix/.venv .venv
COPY config.py wsgi.py gunicorn.conf.py requirements.txt ./
COPY migrations migrations
COPY templates templates
COPY static static
COPY helix helix
RUN .venv/bin/python -m compileall -q helix config.py wsgi.py
ENV PATH=/opt/helix/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    ENVIRONMENT=production \
    HOST=0.0.0.0 \
    DATA_DIR=/var/lib/helix
USER 10001:10001
VOLUME /var/lib/helix
EXPOSE 8000
STOPSIGNAL SIGTERM
# For the web; compose.yaml has the worker's own. `degraded` still answers pages: only a missing answer is ill.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ.get('PORT', '8000') + '/api/health', timeout=4)"]
ENTRYPOINT ["tini", "--", "python", "-m", "helix"]
CMD ["web"]
