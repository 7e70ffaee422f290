FROM python:3.13.14-slim-trixie AS base
ENV PATH=/opt/venv/bin:$PATH \
    IDC_COHORT_DATA=/data
WORKDIR /srv

FROM node:24-trixie-slim AS npm
WORKDIR /package
RUN npm pack @ohif/app@3.13.2

FROM base AS builder
RUN python -m venv /opt/venv
COPY requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check -r requirements.txt
# The catalog is made here, from the files of idc-index-data: a container serves at once and needs no network.
COPY app app
RUN python -m app build
COPY --from=npm /package /package
RUN python -m app install-viewer /package/ohif-app-3.13.2.tgz

FROM base
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PORT=8501
# A fixed number, so that a volume or a policy can name it.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin idc
COPY --from=builder /opt/venv /opt/venv
COPY --from=builder --chown=10001:10001 /data /data
COPY --from=builder /srv/.viewer .viewer
COPY LICENSE ./
COPY .streamlit .streamlit
COPY app app
COPY components components
COPY pages pages
USER 10001:10001
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/_stcore/health', timeout=4)"]
# The shell is there to read PORT; exec hands the signals to uvicorn.
CMD ["sh", "-c", "exec python -m uvicorn app.server:app --host 0.0.0.0 --port \"$PORT\" --ws-per-message-deflate false --log-level warning"]
