# Helpdesk's image, and with --target dynamodb that of the embedded DynamoDB.
#
# All paths are relative to the folder of the stage: `make image-check` carries out the same lines
# without Docker. Bases are pinned by tag here; a CI with a registry adds the digest, as in
# NODE=node:24-bookworm-slim@sha256:…
ARG NODE=node:24-bookworm-slim
ARG PYTHON=python:3.13-slim-bookworm
ARG DEBIAN=debian:bookworm-slim

FROM ${NODE} AS node-packages
WORKDIR /desk
COPY theme/static_src/package.json theme/static_src/package-lock.json theme/static_src/
RUN npm ci --prefix theme/static_src --no-audit --no-fund
COPY helpdesk/engines/package.json helpdesk/engines/package-lock.json helpdesk/engines/
RUN npm ci --prefix helpdesk/engines --no-audit --no-fund
COPY . .
RUN npm run build --prefix theme/static_src

FROM ${PYTHON} AS python-packages
WORKDIR /desk
RUN python -m venv .venv
COPY requirements.txt ./
RUN .venv/bin/python -m pip install --no-cache-dir --no-compile --require-hashes --only-binary :all: -r requirements.txt
COPY . .
COPY --from=node-packages /desk/theme/static theme/static
RUN .venv/bin/python -m babel.messages.frontend compile -D django -d locale
RUN SECRET_KEY=only-for-collecting-static-files-while-the-image-is-built-not-used-later STATIC_ROOT=static .venv/bin/python manage.py collectstatic --no-input
RUN .venv/bin/python -m pip uninstall --yes pip

FROM ${DEBIAN} AS dynamodb
WORKDIR /desk
COPY --from=node-packages /desk/helpdesk/engines/node_modules/@dynoxide/linux-x64/dynoxide dynoxide
USER 10001:10001
CMD ["/desk/dynoxide", "--host", "0.0.0.0", "--port", "8000", "--db-path", "/data/dynamodb.sqlite3"]

FROM ${PYTHON} AS helpdesk
WORKDIR /desk
COPY --from=python-packages /desk /desk
ENV PATH=/desk/.venv/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data STATIC_ROOT=/desk/static BIND=0.0.0.0:8000
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["python", "-m", "gunicorn"]
