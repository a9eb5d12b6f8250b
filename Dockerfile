# Liftline on the lock: what runs here is what requirements.txt pins, and nothing beside it.
FROM python:3.12-slim

# openai and httpx2 trust the certificates of the system; pictures and PDFs are set by Pango in some font.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates fonts-dejavu-core \
        libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 50000 liftline \
    && install -d -o liftline -g liftline /opt/liftline /opt/liftline/airflow /opt/liftline/airflow/logs \
        /var/lib/liftline /var/lib/liftline/reports /var/lib/liftline-anchors

WORKDIR /opt/liftline
ENV PATH=/opt/liftline/.venv/bin:$PATH \
    VIRTUAL_ENV=/opt/liftline/.venv \
    PYTHONUNBUFFERED=1 \
    LIFTLINE_HOME=/var/lib/liftline \
    LIFTLINE_REPORTS=/var/lib/liftline/reports \
    AIRFLOW_HOME=/opt/liftline/airflow
USER liftline

COPY --chown=liftline:liftline requirements.txt ./
RUN python -m venv .venv \
    && pip install --no-cache-dir "$(grep '^uv==' requirements.txt)" \
    && uv pip sync --no-cache --compile-bytecode requirements.txt

COPY --chown=liftline:liftline pyproject.toml ./
COPY --chown=liftline:liftline pipelines pipelines
COPY --chown=liftline:liftline dags dags
COPY --chown=liftline:liftline plugins plugins
COPY --chown=liftline:liftline dbt dbt
COPY --chown=liftline:liftline data data
RUN uv pip install --no-cache --no-deps --no-build-isolation -e .

CMD ["liftline", "doctor"]
